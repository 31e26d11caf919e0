// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folding of checksums: sums of 32-bit words as the packet path adds them,
 * against RFC 1071 done byte by byte. A wrong carry would show in one packet of
 * thousands, so the carries are walked one by one.
 */
#include <arpa/inet.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#include "bpf/csum.h"
#include "selftests/lib/tap.h"

#define LEN_MAX 1536

/* RFC 1071 1: 16-bit words in the wire's order, carries added at once. */
static unsigned int rfc1071(const unsigned char *p, size_t n)
{
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		sum += i % 2 ? p[i] : p[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* As check.h and reply.h add: words as they lie in memory, in 64 bits. */
static __u64 sum_words(const unsigned char *p, size_t n)
{
	unsigned char word[4];
	__u64 sum = 0;
	__u32 w;
	size_t i;

	for (i = 0; i < n; i += 4) {
		memset(word, 0, sizeof(word));
		memcpy(word, p + i, n - i < 4 ? n - i : 4);
		memcpy(&w, word, sizeof(w));
		sum += w;
	}
	return sum;
}

static int is_summed_right(const unsigned char *p, size_t n)
{
	unsigned int wanted = rfc1071(p, n);
	unsigned int got = ntohs(csum_fold32(sum_words(p, n)));
	unsigned int field = ntohs(csum_field(sum_words(p, n)));

	if (got == wanted && field == (~wanted & 0xffff))
		return 1;
	tap_diag("%zu bytes %02x%02x%02x%02x...: sum %04x field %04x, wanted %04x and %04x", n,
		 p[0], p[1], p[2], p[3], got, field, wanted, ~wanted & 0xffff);
	return 0;
}

/* The sum with its own field in place is 0xffff: how a right checksum is known. */
static int is_whole(unsigned char *p, size_t n, size_t at)
{
	__u16 field;

	memset(p + at, 0, 2);
	field = csum_field(sum_words(p, n));
	memcpy(p + at, &field, 2);
	if (csum_fold32(sum_words(p, n)) == 0xffff && csum_is_right(sum_words(p, n)) &&
	    !csum_is_right(sum_words(p, n) + 1))
		return 1;
	tap_diag("%zu bytes: with its field the sum is %04x", n, csum_fold32(sum_words(p, n)));
	return 0;
}

static void random_bytes(unsigned char *p, size_t n)
{
	static uint64_t x = 0x9e3779b97f4a7c15; /* xorshift64: the same bytes in each run */
	size_t i;

	for (i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = x >> 32;
	}
}

static void random_data(void)
{
	unsigned char p[LEN_MAX];
	unsigned int wrong = 0, whole = 0, round;
	size_t n;

	for (round = 0; round < 8; round++)
		for (n = 4; n <= LEN_MAX && wrong + whole < 3; n++) {
			random_bytes(p, n);
			wrong += !is_summed_right(p, n);
			whole += !is_whole(p, n, (n / 3) & ~1ul);
		}
	tap_ok(!wrong, "random data of every length up to %d bytes", LEN_MAX);
	tap_ok(!whole, "data with its checksum in place sums up to ffff");
}

static void edge_data(void)
{
	static const unsigned char fill[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
	unsigned char p[LEN_MAX];
	unsigned int wrong = 0;
	size_t n, f;

	for (f = 0; f < sizeof(fill); f++)
		for (n = 4; n <= LEN_MAX && wrong < 3; n += n < 64 ? 1 : 61) {
			memset(p, fill[f], n);
			wrong += !is_summed_right(p, n);
			p[n / 2] ^= 1;
			wrong += !is_summed_right(p, n);
		}
	tap_ok(!wrong, "zeros, ones and what lies next to them");
}

/* Sums whose folding carries once, twice and not at all, at each fold. */
static void carries(void)
{
	static const __u64 high[] = { 0, 1, 2, 0x7fff, 0xfffe, 0xffff };
	static const __u64 low[] = { 0,		 1,	     0xfffe,	 0xffff,     0x10000,
				     0x1fffe,	 0xfffe0001, 0xffff0000, 0xffff0001, 0xfffffffe,
				     0xffffffff };
	unsigned int wrong = 0;
	size_t h, l;

	for (h = 0; h < sizeof(high) / sizeof(*high); h++)
		for (l = 0; l < sizeof(low) / sizeof(*low); l++) {
			__u64 sum = high[h] << 32 | low[l];
			__u64 wanted = sum % 0xffff; /* 2**16 is 1 modulo 0xffff */

			if (!wanted && sum)
				wanted = 0xffff;
			if (csum_fold32(sum) == wanted && csum_field(sum) == (~wanted & 0xffff) &&
			    (!sum || csum_is_right(sum) == (wanted == 0xffff)))
				continue;
			tap_diag("sum %016llx folds to %04x, wanted %04llx", sum, csum_fold32(sum),
				 wanted);
			wrong++;
		}
	tap_ok(!wrong, "every carry of a sum of 65535 words");
}

int main(void)
{
	random_data();
	edge_data();
	carries();
	return tap_done();
}
