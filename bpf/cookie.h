/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the high fake: the keyed hash that makes our sequence numbers
 * unguessable and lets us know them again without having kept them.
 */
#ifndef NOLIST_COOKIE_H
#define NOLIST_COOKIE_H

#define COOKIE_SLOT_SHIFT 40 /* a slot of the clock: 2^40 ns, 18 minutes */
#define COOKIE_WORDS 5       /* at most: two addresses, then ports, slot and timestamp bit */

static __always_inline __u64 cookie_rotl(__u64 x, int n)
{
	return x << n | x >> (64 - n);
}

#define COOKIE_ROUND(a, b, c, d)                                                                   \
	do {                                                                                       \
		a += b;                                                                            \
		c += d;                                                                            \
		b = cookie_rotl(b, 13) ^ a;                                                        \
		d = cookie_rotl(d, 16) ^ c;                                                        \
		a = cookie_rotl(a, 32);                                                            \
		c += b;                                                                            \
		a += d;                                                                            \
		b = cookie_rotl(b, 17) ^ c;                                                        \
		d = cookie_rotl(d, 21) ^ a;                                                        \
		c = cookie_rotl(c, 32);                                                            \
	} while (0)

/* SipHash-2-4 (Aumasson, Bernstein 2012) of so many little-endian words. */
static __noinline __u64 cookie_hash(const struct nolist_key *key, const __u64 *m, __u32 words)
{
	__u64 a = key->k[0] ^ 0x736f6d6570736575ull;
	__u64 b = key->k[1] ^ 0x646f72616e646f6dull;
	__u64 c = key->k[0] ^ 0x6c7967656e657261ull;
	__u64 d = key->k[1] ^ 0x7465646279746573ull;
	__u32 i;

	for (i = 0; i <= COOKIE_WORDS; i++) {
		__u64 w = i < words && i < COOKIE_WORDS ? m[i] : (__u64)words << 59;

		d ^= w;
		COOKIE_ROUND(a, b, c, d);
		COOKIE_ROUND(a, b, c, d);
		a ^= w;
		if (i >= words)
			break;
	}
	c ^= 0xff;
	COOKIE_ROUND(a, b, c, d);
	COOKIE_ROUND(a, b, c, d);
	COOKIE_ROUND(a, b, c, d);
	COOKIE_ROUND(a, b, c, d);
	return a ^ b ^ c ^ d;
}

#endif
