// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf/domain.h compiled for the host: where the domain of a line ends, in any piece of it, against
 * a naive reading; the hash and the look-up against names; the table that user space makes of
 * 1 to 300,000 names. What is read wrong here makes evidence of other people's mail.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <endian.h>
#include <sys/mman.h>
#include <linux/bpf.h>
#include "bpf/abi.h"
#include "selftests/lib/domain_rows.h"
#include "selftests/lib/tap.h"
#include "user/config/domain_table.h"

/* What bpf/ has from libbpf's headers, from parse.h and from csum.h. */
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline __attribute__((noinline, unused))
#define barrier_var(var) asm volatile("" : "+r"(var))
#define PARSE_LEAST 54
#define CSUM_MAX 1536
#define bpf_ntohl ntohl
#define bpf_be64_to_cpu be64toh

static int nolist_domains, nolist_key; /* maps, by their addresses */
static struct domain_table table;

static void *bpf_map_lookup_elem(const void *map, const void *key)
{
	const __u32 *at = key;

	if (map == &nolist_domains)
		return *at ? NULL : &table;
	if (map == &table && *at < table.lines)
		return &table.line[*at];
	return NULL;
}

#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* clang's unroll */
#include "bpf/smtp.h"
#include "bpf/cookie.h"
#include "bpf/domain.h"

#define CAPACITY 4096
#define OFF (14 + 20 + 20 + 12)

static unsigned char *frame; /* below 4 GiB, as a context's numbers are */
static struct nolist_config conf;

/* --- one line -------------------------------------------------------------------- */

static void put_piece(struct xdp_md *ctx, const char *piece, size_t len, size_t behind)
{
	size_t i;

	/* What stands around must not matter: a TTL of 64 is an '@'. */
	for (i = 1; i <= OFF; i++)
		frame[OFF - i] = "@.ours.example>\" "[(i + len) % 17];
	if (behind & 1)
		memcpy(frame + OFF - 14, "@ours.example.", 14);
	memcpy(frame + OFF, piece, len);
	for (i = 0; i < behind; i++)
		frame[OFF + len + i] = "@ours.example>\r\n"[i % 16];
	ctx->data = (uintptr_t)frame;
	ctx->data_end = (uintptr_t)frame + OFF + len + behind;
}

/* A quote behind the address, in the same eight bytes, makes the reading give up: as it may. */
static bool may_give_up(const char *piece, size_t len)
{
	return memchr(piece, '"', len);
}

/* letters: of the verb that were in pieces before; -1: all of it. */
static const char *compare(const char *piece, size_t len, int letters, size_t behind)
{
	uint32_t parse = SMTP_START, i, to, quick;
	size_t at = 0, want = domain_read(piece, len, letters, &at);
	struct xdp_md ctx;
	int column;

	if (letters < 0)
		parse = SMTP_VERB + NOLIST_V_RCPT;
	for (i = 1; letters > 0 && i < SMTP_VERB; i++)
		if (smtp_prefix[i].len == (uint32_t)letters)
			parse = i;
	put_piece(&ctx, piece, len, behind);
	to = domain_end(&ctx, OFF, len, parse);
	quick = parse == SMTP_START ? domain_quick(&ctx, OFF, len) : 0;
	if (quick && quick != to)
		return "the quick way finds another end";
	column = domain_column(&ctx, &conf, to, to - OFF);
	if (column >= DOMAIN_BELOW(1))
		column = domain_below(&ctx, &conf, to, column >> 8);
	if (column != NOLIST_V_RCPT && column != NOLIST_SAY_ELSEWHERE)
		return "no such column";
	if (column == NOLIST_SAY_ELSEWHERE && may_give_up(piece, len))
		return NULL;
	if ((column == NOLIST_V_RCPT) != (want && domain_is_ours(piece + at, want)))
		return column == NOLIST_V_RCPT ? "taken for ours" : "not taken for ours";
	return NULL;
}

static bool report(const char *wrong, const char *piece, size_t len, int letters)
{
	static int printed;

	if (wrong && printed++ < 20)
		tap_diag("%d: \"%.*s\": %s", letters, (int)len, piece, wrong);
	return !wrong;
}

/* A whole line, and each last piece of it, with the next line behind it or nothing. */
static bool try_line(const char *line, size_t len)
{
	bool is_good = true;
	size_t cut;

	for (cut = 0; cut + 2 < len; cut++)
		is_good &= report(compare(line + cut, len - cut, cut < 4 ? (int)cut : -1, cut * 7 % 40),
				  line + cut, len - cut, cut);
	return is_good & report(compare(line, len, 0, 0), line, len, 0);
}

static void rows(void)
{
	bool is_good = true, is_so = true;
	size_t i, at, n;

	for (i = 0; i < domain_row_count; i++) {
		const char *line = domain_rows[i].line;
		bool is_ours;

		is_good &= try_line(line, strlen(line));
		n = domain_read(line, strlen(line), 0, &at);
		is_ours = n && domain_is_ours(line + at, n);
		if (is_ours != !!domain_rows[i].is)
			tap_diag("the naive reading of: %s", line);
		is_so &= is_ours == !!domain_rows[i].is;
	}
	tap_ok(is_so, "the naive reading is as the %zu rows say", domain_row_count);
	tap_ok(is_good, "each row and each last piece of it");
}

static void random_lines(void)
{
	static const char *const bits[] = { "ours.example", "@", "@ours.example>", ">", "<", " ", "\"",
					    ".", "x", "@x.wild.example>", "mx.wild.example", "\xc3\xbc",
					    "`", "\t", "\r", "a@", "ORCPT=", "@both.example",
					    "OURS.EXAMPLE", "longlonglonglong" };
	unsigned int round, rounds = getenv("NOLIST_FULL") ? 3000000 : 100000, i;
	bool is_good = true;
	char line[512];

	srand(20260101);
	tap_diag("seed 20260101");
	for (round = 0; round < rounds; round++) {
		size_t len = sprintf(line, "RCPT TO:%s", rand() % 4 ? "<" : "");

		for (i = rand() % 8; i; i--)
			len += sprintf(line + len, "%s", bits[rand() % (sizeof(bits) / sizeof(*bits))]);
		len += sprintf(line + len, "%s", rand() % 4 ? rand() % 2 ? ">\r\n" : "\n" : "\r\n");
		/* A line ends with its first LF. */
		is_good &= try_line(line, (char *)memchr(line, '\n', len) - line + 1);
	}
	tap_ok(is_good, "%u random lines", rounds);
}

/* --- hashes and tables ------------------------------------------------------------ */

static void hashes(void)
{
	bool is_good = true;
	struct xdp_md ctx;
	char line[128];
	int len, i;

	for (len = 1; len <= NOLIST_DOMAIN_MAX; len++) {
		memset(line, 'x', sizeof(line));
		line[63 - len] = '@';
		for (i = 0; i < len; i++)
			line[64 - len + i] = "abcdefghijklmnopqrstuvwxyz0123456789-._"[rand() % 39];
		line[64] = 0;
		put_piece(&ctx, line, 64, 3);
		is_good &= domain_hash(&conf, domain_window(&ctx, OFF + 64), len) ==
			   domain_table_hash(&conf.domain_key, line + 64 - len);
	}
	tap_ok(is_good, "both sides hash a name of any length to the same");
}

static bool is_known(const char *name, __u32 want)
{
	return domain_find(&conf, domain_table_hash(&conf.domain_key, name)) == want;
}

static void use(const struct domain_set *set)
{
	domain_table_free(&table);
	if (domain_table_make(&table, set, 1, NULL))
		tap_die("domain_table_make");
	domain_table_fill(&table, &conf);
	conf.domains = 1;
}

static void add(struct domain_set *set, const char *text)
{
	struct domain d;

	if (domain_parse(text, &d) || domain_set_add(set, &d))
		tap_die(text);
}

static void many(unsigned int n)
{
	struct domain_set set = {};
	bool is_good = true;
	unsigned int i;
	char name[64];

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "d%u.example", i);
		add(&set, name);
	}
	domain_set_sort(&set);
	use(&set);
	for (i = 0; i < n + 1000; i++) {
		snprintf(name, sizeof(name), "d%u.example", i);
		is_good &= is_known(name, i < n ? NOLIST_DOMAIN_USED | NOLIST_DOMAIN_ITSELF : 0);
	}
	tap_ok(is_good && conf.domain_count == n && table.lines <= n / 2 + 1,
	       "%u names in %u lines: each is found, others are not", n, table.lines);
	domain_set_free(&set);
}

static void kinds(void)
{
	struct domain_set set = {};

	add(&set, "a.example");
	add(&set, "*.a.example");
	add(&set, "*.b.example");
	add(&set, "c.example");
	add(&set, "!c.example");
	add(&set, "C.Example.");
	domain_set_sort(&set);
	use(&set);
	tap_ok(set.n == 3 && conf.domain_below, "a name given in several ways is one");
	tap_ok(is_known("a.example", 7) && is_known("b.example", 6) && is_known("c.example", 4) &&
		       is_known("example", 0),
	       "itself and below, below, never");
	domain_set_free(&set);
}

/* How many names are not in the line that their hash names. */
static unsigned int count_elsewhere(void)
{
	unsigned int i, k, n = 0;

	for (i = 0; i < table.lines; i++)
		for (k = 0; k < NOLIST_DOMAIN_ENTRIES; k++)
			n += table.line[i].entry[k] &&
			     (nolist_domain_line_of(table.line[i].entry[k]) & conf.domain_mask) != i;
	return n;
}

static void full_lines(void)
{
	struct domain_set set = {};
	unsigned int i, k, moved = 0;
	bool is_good = true;
	char name[64];

	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "d%u.example", i);
		add(&set, name);
	}
	domain_set_sort(&set);
	for (k = 0; k < 2000; k++) {
		use(&set);
		moved += count_elsewhere();
		for (i = 0; i < set.n; i++)
			is_good &= is_known(set.domain[i].name, 5);
		is_good &= table.lines == 4;
	}
	tap_ok(is_good && moved, "what finds its line full is in a next one (%u of 32000)", moved);
	domain_set_free(&set);
}

int main(void)
{
	struct domain_set set = {};
	size_t i;

	frame = mmap(NULL, CAPACITY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		     -1, 0);
	if (frame == MAP_FAILED)
		tap_die("memory below 4 GiB");
	for (i = 0; domain_ours[i]; i++)
		add(&set, domain_ours[i]);
	domain_set_sort(&set);
	use(&set);
	rows();
	random_lines();
	hashes();
	kinds();
	full_lines();
	many(1);
	many(9);
	many(1000);
	many(getenv("NOLIST_FULL") ? 300000 : 100000);
	domain_set_free(&set);
	return tap_done();
}
