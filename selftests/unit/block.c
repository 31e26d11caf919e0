// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of listed sources against a plain walk over the same prefixes, for many tables of
 * random prefixes that overlap: the first one put counts, also at the edges of networks; and
 * what is taken off a table in force. A wrong answer here refuses mail of somebody innocent.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include "selftests/lib/chance.h"
#include "selftests/lib/tap.h"
#include "user/enforce/brake.h"
#include "user/enforce/table.h"
#include "user/enforce/worst.h"

#define PUTS 600
#define TABLES 40
#define ASKED 4000

static struct {
	struct prefix prefix;
	enum nolist_action act;
} put[PUTS];
static size_t putn;

static const enum nolist_action acts[] = { NOLIST_ACT_NOTE, NOLIST_ACT_TEMPFAIL, NOLIST_ACT_RESET,
					   NOLIST_ACT_DROP, NOLIST_ACT_ALLOW };

/* Few networks, so that prefixes overlap often. */
static struct nolist_addr some_addr(bool is_ip6)
{
	struct nolist_addr a = {};

	if (!is_ip6)
		return addr_of_ip4(htonl(11u << 24 | below(3) << 16 | below(4) << 8 |
					 below(256)));
	a.w[0] = htonl(0x20010db8 + below(2));
	a.w[1] = htonl(below(3) << 16 | below(3));
	a.w[3] = htonl(below(2));
	return a;
}

static struct prefix some_prefix(void)
{
	static const unsigned char lens6[] = { 29, 32, 40, 44, 48, 56, 60, 64, 64, 64, 128 };
	static const unsigned char lens4[] = { 15, 16, 20, 23, 24, 25, 28, 31, 32, 32, 32 };
	bool is_ip6 = below(2);
	unsigned int which = below(11), i;
	struct prefix p = { .addr = some_addr(is_ip6),
			    .len = is_ip6 ? lens6[which] : 96 + lens4[which] };

	for (i = p.len; i < 128; i++)
		p.addr.b[i / 8] &= ~(0x80 >> i % 8);
	return p;
}

/* Of an IPv6 source all of a /64 counts, whichever address of it is listed. */
static enum nolist_action plain(const struct nolist_source *src)
{
	struct prefix p;
	size_t i;

	for (i = 0; i < putn; i++) {
		p = put[i].prefix;
		if (p.addr.q[0] && p.len > 64) {
			p.addr.q[1] = 0;
			p.len = 64;
		}
		if (prefix_has(&p, &src->addr))
			return put[i].act;
	}
	return NOLIST_ACT_NONE;
}

static bool is_same(const struct block_table *t, const char *when)
{
	unsigned int i, wrong = 0;
	char text[ADDR_TEXT];

	for (i = 0; i < ASKED; i++) {
		struct nolist_addr a = some_addr(below(2));
		struct nolist_source src = addr_source(&a);
		enum nolist_action is = block_table_find(t->line, t->lines, &src);

		if (is == plain(&src))
			continue;
		if (!wrong++)
			tap_diag("%s: %s: action %d, not %d", when, addr_text(&src.addr, text), is,
				 plain(&src));
	}
	return !wrong;
}

static bool make(struct block_table *t, size_t n)
{
	struct block_maker *m;
	int ret;

	if (block_maker_new(&m))
		tap_die("a table");
	for (putn = 0; putn < n; putn++) {
		put[putn].prefix = some_prefix();
		put[putn].act = acts[below(5)];
		if (block_maker_put(m, &put[putn].prefix, put[putn].act))
			tap_die("a prefix");
	}
	ret = block_maker_make(m, t);
	block_maker_free(m);
	return !ret;
}

/* Pardons one source, or a network: it goes before all that was put. */
static bool take_off(struct block_table *t)
{
	struct nolist_addr a = some_addr(below(2));
	static const unsigned char lens4[] = { 128, 128, 128, 126, 121, 120, 119, 113 };
	static const unsigned char lens6[] = { 64, 64, 48, 32 };
	struct nolist_source src = addr_source(&a);
	struct prefix p = source_prefix(&src);
	unsigned int i;

	p.len = p.len == 128 ? lens4[below(8)] : lens6[below(4)];
	for (i = p.len; i < 128; i++)
		p.addr.b[i / 8] &= ~(0x80 >> i % 8);
	memmove(put + 1, put, putn * sizeof(*put));
	put[0].prefix = p;
	put[0].act = NOLIST_ACT_NONE;
	putn++;
	return !block_table_change(t->line, t->lines, &put[0].prefix, NOLIST_ACT_NONE);
}

static void random_tables(void)
{
	unsigned int i, k, made = 0, right = 0, off = 0, still = 0;
	struct block_table t;

	for (i = 0; i < TABLES; i++) {
		if (!make(&t, 1 + below(i < 5 ? 3 : PUTS / 2)))
			continue;
		made++;
		right += is_same(&t, "made");
		for (k = 0; k < 20; k++)
			off += take_off(&t);
		still += is_same(&t, "taken off");
		block_table_free(&t);
	}
	tap_ok(made == TABLES, "%d tables are made", TABLES);
	tap_ok(right == TABLES, "each says of each source what the first prefix says that has it");
	tap_ok(off == 20 * TABLES && still == TABLES,
	       "what is taken off a table passes, and nothing else changes");
}

/* So many that lines are full, and entries are in the next ones. */
static void many(void)
{
	unsigned int i, wrong = 0;
	struct nolist_source src;
	struct block_maker *m;
	struct block_table t;

	if (block_maker_new(&m))
		tap_die("a table");
	for (i = 0; i < 340000; i++) {
		struct prefix p = { .addr = addr_of_ip4(htonl(0x0b000000 + i * 37)), .len = 128 };

		if (block_maker_put(m, &p, NOLIST_ACT_RESET))
			tap_die("a source");
	}
	if (block_maker_make(m, &t))
		tap_die("a table");
	for (i = 0; i < 340000; i++) {
		src.addr = addr_of_ip4(htonl(0x0b000000 + i * 37));
		wrong += block_table_find(t.line, t.lines, &src) != NOLIST_ACT_RESET;
		src.addr = addr_of_ip4(htonl(0x0b000000 + i * 37 + 1 + i % 36));
		wrong += block_table_find(t.line, t.lines, &src) != NOLIST_ACT_NONE;
	}
	tap_ok(!wrong, "340,000 sources are found, and their neighbours are not (%u wrong)", wrong);
	tap_ok(t.bytes <= 13 << 20, "in 13 MiB (%zu bytes)", t.bytes);
	block_table_free(&t);
	block_maker_free(m);
}

/* IPv6 takes eight bytes a key, and a byte. */
static void many6(void)
{
	unsigned int i, wrong = 0;
	struct nolist_source src;
	struct block_maker *m;
	struct block_table t;

	if (block_maker_new(&m))
		tap_die("a table");
	for (i = 0; i < 100000; i++) {
		struct prefix p = { .len = 64 };

		p.addr.w[0] = htonl(0x20010db8);
		p.addr.w[1] = htonl(i * 5);
		if (block_maker_put(m, &p, NOLIST_ACT_RESET))
			tap_die("a source");
	}
	if (block_maker_make(m, &t))
		tap_die("a table");
	for (i = 0; i < 100000; i++) {
		src.addr = (struct nolist_addr){ .w = { htonl(0x20010db8), htonl(i * 5) } };
		wrong += block_table_find(t.line, t.lines, &src) != NOLIST_ACT_RESET;
		src.addr.w[1] = htonl(i * 5 + 1 + i % 4);
		wrong += block_table_find(t.line, t.lines, &src) != NOLIST_ACT_NONE;
	}
	tap_ok(!wrong, "100,000 of IPv6 are found, and their neighbours are not (%u wrong)", wrong);
	tap_ok(t.bytes && t.bytes <= 13 << 20, "in 13 MiB (%zu bytes)", t.bytes);
	block_table_free(&t);
	block_maker_free(m);
}

static void widest(void)
{
	static const char *const most[] = { "0.0.0.0/1", "128.0.0.0/1", "2000::/20", "2001:f000::/20" };
	struct nolist_source src = { .addr = addr_of_ip4(htonl(0x7fffffff)) };
	struct block_maker *m;
	struct block_table t;
	struct prefix p;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (block_maker_new(&m))
			tap_die("a table");
		tap_ok(!prefix_parse(most[i], &p) && !block_maker_put(m, &p, NOLIST_ACT_DROP), "%s is taken", most[i]);
		if (block_maker_make(m, &t))
			tap_die("a table");
		src = addr_source(&p.addr);
		tap_ok(block_table_find(t.line, t.lines, &src) == NOLIST_ACT_DROP, "and its first address is found");
		block_table_free(&t);
		block_maker_free(m);
	}
}

static void refused(void)
{
	static const char *const wide[] = { "0.0.0.0/0", "::/0", "2000::/3", "::/64", "2000::/19" };
	struct block_maker *m;
	struct block_table t;
	struct prefix p;
	unsigned int i, taken = 0;

	if (block_maker_new(&m))
		tap_die("a table");
	for (i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		taken += !prefix_parse(wide[i], &p) && block_maker_put(m, &p, NOLIST_ACT_DROP) != -ERANGE;
	tap_ok(!taken && !block_maker_count(m), "what is wider than a table can hold is refused");
	tap_ok(!block_maker_make(m, &t), "an empty table is one");
	block_table_free(&t);
	block_maker_free(m);
}

/* A tenth of the senders, and five at least. */
static void brake(void)
{
	static const struct {
		struct brake b;
		unsigned int percent;
		bool pulls;
	} rows[] = { { { 50, 5 }, 10, true },	   { { 51, 5 }, 10, false }, { { 4, 4 }, 10, false },
		     { { 5, 5 }, 100, true },	   { { 6, 5 }, 100, false }, { { 9, 9 }, 0, false },
		     { { 1000000, 0 }, 1, false }, { { 0, 0 }, 10, false } };
	unsigned int i, wrong = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		wrong += brake_pulls(&rows[i].b, rows[i].percent) != rows[i].pulls;
	tap_ok(!wrong, "the brake pulls from that share of the senders on, and from five on");
}

/* Who is held is a source alone, never a network that it is in. */
static void held(void)
{
	static const struct {
		const char *prefix;
		bool is_held;
	} rows[] = { { "203.0.113.8", true }, { "203.0.113.9", false }, { "203.0.113.8/31", false },
		     { "203.0.113.8/29", false }, { "2001:db8:5::/64", true }, { "2001:db8:5::9", true },
		     { "2001:db8:5::/48", false }, { "2001:db8:5:2::/64", false } };
	struct nolist_source src[2];
	struct worst w = { .src = src, .n = 2 };
	unsigned int i, wrong = 0;
	struct prefix p;

	prefix_parse("203.0.113.8", &p);
	src[0] = addr_source(&p.addr);
	prefix_parse("2001:db8:5::/64", &p);
	src[1] = addr_source(&p.addr);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		wrong += prefix_parse(rows[i].prefix, &p) || worst_has(&w, &p) != rows[i].is_held;
	tap_ok(!wrong, "the worst sources are held, and nobody beside them (%u wrong)", wrong);
	w.n = 0;
	tap_ok(!worst_has(&w, &p), "where there are none nobody is");
}

int main(void)
{
	brake();
	held();
	random_tables();
	many();
	many6();
	widest();
	refused();
	return tap_done();
}
