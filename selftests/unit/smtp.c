// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a piece of a line says: bpf/smtp.h compiled for the host, against a naive
 * reading of the same bytes that keeps the whole line. Every verb and prefix cut
 * at every byte, LF at every place of every length, and random bytes from an
 * alphabet that makes verbs likely. A wrong verb here answers DATA as NOOP.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <arpa/inet.h>
#include <sys/mman.h>
#include <linux/bpf.h>
#include "bpf/abi.h"
#include "selftests/lib/tap.h"

/* What bpf/ has from libbpf's headers, from parse.h and from csum.h. */
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline static __attribute__((noinline))
#define barrier_var(var) asm volatile("" : "+r"(var))
#define PARSE_LEAST 54
#define CSUM_MAX 1536
#define bpf_ntohl ntohl

#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* clang's unroll */
#include "bpf/smtp.h"
#include "selftests/lib/reading.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CAPACITY 2048

static unsigned char *frame; /* below 4 GiB, as a context's numbers are */

/* --- both ---------------------------------------------------------------- */

/* As csum.h sums: words of 32 bits as they lie in memory, the last one filled up by zeros. */
static uint64_t sum_of(const char *piece, unsigned int n)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < n; i += 4) {
		uint32_t w = 0;

		memcpy(&w, piece + i, n - i < 4 ? n - i : 4);
		sum += w;
	}
	return sum;
}

static uint64_t scan(const char *piece, unsigned int n, uint32_t parse)
{
	unsigned int off = 14 + 20 + 20 + 12, i;
	struct xdp_md ctx;
	uint64_t fast;

	/* What stands around must not matter: LF and letters, and anything before. */
	for (i = 1; i <= 16; i++)
		frame[off - i] = "\n\xffQ\0\r \x8a"[(i + n) % 7];
	for (i = 0; i < 64; i++)
		frame[off + n + i] = "\nQUIT\n"[i % 6];
	memcpy(frame + off, piece, n);
	ctx.data = (uintptr_t)frame;
	ctx.data_end = (uintptr_t)frame + off + n;
	fast = smtp_fast(&ctx, off, n);
	if (fast && fast >> SMTP_SUM_SHIFT != sum_of(piece, n))
		return ~0ull;
	return smtp_scan(&ctx, off, n, parse, fast);
}

/* One line, cut as given: 0 or the piece at which the two differ. */
static int compare(const char *text, unsigned int len, const unsigned int *cut, int cuts)
{
	struct reading r = READING_START;
	unsigned int at = 0, parse = SMTP_START;
	int i;

	for (i = 0; i <= cuts && at < len; i++) {
		unsigned int end = i < cuts && cut[i] < len ? cut[i] : len, line;
		uint64_t s;

		if (end <= at)
			continue;
		s = scan(text + at, end - at, parse);
		line = read_piece(&r, text + at, end - at);
		if (SMTP_LINE(s) != line)
			return i + 1;
		if (r.verb >= 0 && (int)SMTP_SAYS(s) != r.verb)
			return i + 1;
		if (r.verb < 0 && (SMTP_PARSE(s) >= SMTP_VERB || SMTP_PARSE(s) == SMTP_START))
			return i + 1;
		if (r.verb > NOLIST_V_UNKNOWN && !(s & SMTP_NAMED))
			return i + 1;
		if (line || r.verb == NOLIST_V_NOT_SMTP)
			return 0;
		parse = SMTP_PARSE(s);
		if (parse >= SMTP_PARSES)
			return i + 1;
		at = end;
	}
	return 0;
}

static bool report(int piece, const char *text, unsigned int len, unsigned int a, unsigned int b)
{
	static int printed;

	if (piece && printed++ < 10)
		tap_diag("\"%.*s\" cut at %u and %u: piece %d", (int)len, text, a, b, piece);
	return !piece;
}

/* --- tests --------------------------------------------------------------- */

static bool try_all_cuts(const char *text)
{
	unsigned int len = strlen(text), cut[2], bytes[CAPACITY], i;
	bool is_good = true;

	for (cut[0] = 1; cut[0] <= len; cut[0]++)
		for (cut[1] = cut[0]; cut[1] <= len; cut[1]++)
			is_good &= report(compare(text, len, cut, 2), text, len, cut[0], cut[1]);
	for (i = 0; i < len; i++)
		bytes[i] = i + 1;
	return is_good & report(compare(text, len, bytes, len), text, len, 1, 1);
}

static void verbs(void)
{
	static const char *const tails[] = { "\r\n", "\n",	 " x\r\n",   "\tx\n",	"x\r\n",
					     ":x\r\n", "@x>\r\n", " \r\n\r\n", "\r\nQUIT\r\n", "",
					     "\r",   "TLS\r\n", "ECT a:25 HTTP/1.1\r\n" };
	bool is_good = true;
	size_t i, j, k;
	char text[64];

	for (i = 0; i < reading_word_count; i++)
		for (j = 0; j < COUNT(tails); j++)
			for (k = 0; k < 16; k++) {
				size_t c;

				snprintf(text, sizeof(text), "%s%s", reading_words[i].word,
					 tails[j]);
				for (c = 0; c < 4; c++)
					if (k >> c & 1 && text[c] >= 'A')
						text[c] |= 0x20;
				is_good &= try_all_cuts(text);
			}
	tap_ok(is_good, "every verb in both cases with every tail, cut anywhere");
	for (i = 0, is_good = true; i < reading_word_count; i++)
		for (j = 1; j < 4; j++)
			for (k = 0; k < COUNT(tails); k++) {
				snprintf(text, sizeof(text), "%.*s%s", (int)j, reading_words[i].word,
					 tails[k]);
				is_good &= try_all_cuts(text);
			}
	tap_ok(is_good, "every beginning of a verb with every tail, cut anywhere");
}

static void all_words(void)
{
	static const char letters[] = "\r\n\t :@~\x7f\x80\xff\x01" "ADEHILMOPQRSTUVCBNFYGKXadqz09";
	unsigned int n = sizeof(letters) - 1, i, cut[3] = { 1, 2, 3 };
	bool is_good = true;
	char text[8] = "????\r\n";

	for (i = 0; i < n * n * n * n; i++) {
		text[0] = letters[i % n];
		text[1] = letters[i / n % n];
		text[2] = letters[i / n / n % n];
		text[3] = letters[i / n / n / n];
		is_good &= report(compare(text, 6, cut, i % 4), text, 6, i, i % 4);
	}
	tap_ok(is_good, "%u words of four bytes", n * n * n * n);
}

/* The SWAR trap: what stands beside an LF, above all 0b and 8a. */
static void line_feeds(void)
{
	static const unsigned char noise[] = { 'x', 0x0b, 0x8a, 0x00, 0xff, 0x09 };
	char text[600];
	bool is_good = true;
	unsigned int len, at, k;
	struct xdp_md ctx;

	for (len = 1; len < sizeof(text); len++)
		for (at = 0; at <= len; at++) {
			unsigned int want = at < len && at < SMTP_LINE_MAX ? at + 1 : 0;

			k = noise[(len + at) % sizeof(noise)];
			memset(text, k, len);
			if (at < len)
				text[at] = '\n';
			if (at + 1 < len)
				text[at + 1] = len & 1 ? 0x0b : '\n';
			memcpy(frame + 66, text, len);
			frame[66 + len] = '\n';
			ctx.data = (uintptr_t)frame;
			ctx.data_end = (uintptr_t)frame + 66 + len;
			/* The noise after LF may be an LF of its own. */
			if (want == 0 && at + 1 < SMTP_LINE_MAX && at + 1 < len &&
			    text[at + 1] == '\n')
				want = at + 2;
			if ((unsigned int)smtp_line(&ctx, 66, len) != want && is_good) {
				tap_diag("len %u, LF at %u: %d", len, at, smtp_line(&ctx, 66, len));
				is_good = false;
			}
		}
	tap_ok(is_good, "LF at every place of every length");
}

static void random_lines(void)
{
	static const char *const bits[] = { "E", "H", "L", "O", "MAIL", "M", "AI", "DATA", "D", "A",
					    "T", "QUIT", "Q", "UI", " ", "\r", "\n", "x", "\x90",
					    "STAR", "GET ", "BDA" };
	unsigned int round, rounds = getenv("NOLIST_FULL") ? 5000000 : 300000;
	bool is_good = true;

	srand(20260101);
	tap_diag("seed 20260101");
	for (round = 0; round < rounds; round++) {
		unsigned int len = 0, cut[6], cuts = rand() % 6, i;
		char text[1200];

		for (i = rand() % 12; i; i--)
			len += sprintf(text + len, "%s", bits[rand() % COUNT(bits)]);
		if (rand() % 8 == 0) {
			i = rand() % 600;
			memset(text + len, 'y', i);
			len += i;
		}
		if (!len)
			continue;
		for (i = 0; i < cuts; i++)
			cut[i] = i ? cut[i - 1] + rand() % 200 : 1u + rand() % 8;
		is_good &= report(compare(text, len, cut, cuts), text, len, cut[0], cuts);
	}
	tap_ok(is_good, "%u random lines, randomly cut", rounds);
}

/* Whatever a forger makes of the parse, nothing is read that is not there. */
static void bounds(void)
{
	bool is_good = true;
	uint32_t parse, n;

	for (parse = 0; parse < 256; parse++)
		for (n = 0; n < 70; n++) {
			char text[70];
			uint64_t s;

			memset(text, 'M', sizeof(text));
			s = scan(text, n, parse);
			is_good &= SMTP_SAYS(s) < NOLIST_VERBS && SMTP_LINE(s) == 0;
			is_good &= SMTP_PARSE(s) < SMTP_VERB + NOLIST_VERBS * SMTP_BUCKETS;
		}
	tap_ok(is_good, "any parse and length give a verb and a parse that exist");
}

int main(void)
{
	frame = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		     -1, 0);
	if (frame == MAP_FAILED)
		tap_die("memory below 4 GiB");
	verbs();
	all_words();
	line_feeds();
	random_lines();
	bounds();
	return tap_done();
}
