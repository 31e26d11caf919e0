/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the high fake: the keyed hash that makes our sequence numbers
 * unguessable, and lets us recognize them without having stored them.
 */
#ifndef NOLIST_COOKIE_H
#define NOLIST_COOKIE_H

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

#define COOKIE_START(a, b, c, d, key)                                                              \
	do {                                                                                       \
		a = (key)->k[0] ^ 0x736f6d6570736575ull;                                           \
		b = (key)->k[1] ^ 0x646f72616e646f6dull;                                           \
		c = (key)->k[0] ^ 0x6c7967656e657261ull;                                           \
		d = (key)->k[1] ^ 0x7465646279746573ull;                                           \
	} while (0)

#define COOKIE_TAKE(a, b, c, d, word)                                                              \
	do {                                                                                       \
		d ^= word;                                                                         \
		COOKIE_ROUND(a, b, c, d);                                                          \
		COOKIE_ROUND(a, b, c, d);                                                          \
		a ^= word;                                                                         \
	} while (0)

#define COOKIE_END(a, b, c, d)                                                                     \
	do {                                                                                       \
		c ^= 0xff;                                                                         \
		COOKIE_ROUND(a, b, c, d);                                                          \
		COOKIE_ROUND(a, b, c, d);                                                          \
		COOKIE_ROUND(a, b, c, d);                                                          \
		COOKIE_ROUND(a, b, c, d);                                                          \
	} while (0)

/* The secret. It is never NULL, but the verifier demands the check. */
static __always_inline const struct nolist_key *cookie_key(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&nolist_key, &zero);
}

/*
 * SipHash-2-4 (Aumasson, Bernstein 2012) of 15 bytes: two IPv4 addresses, and seven more.
 * The paper puts the length into the highest byte of the last word.
 */
static __always_inline __u64 cookie_hash4_here(__u64 addrs, __u64 tail)
{
	const struct nolist_key *key = cookie_key();
	__u64 a, b, c, d;

	if (!key)
		return 0;
	tail |= 15ull << 56;
	COOKIE_START(a, b, c, d, key);
	COOKIE_TAKE(a, b, c, d, addrs);
	COOKIE_TAKE(a, b, c, d, tail);
	COOKIE_END(a, b, c, d);
	return a ^ b ^ c ^ d;
}

/* A function of its own for the verifier. On the shortest way even its call counts. */
static __noinline __u64 cookie_hash4(__u64 addrs, __u64 tail)
{
	return cookie_hash4_here(addrs, tail);
}

/* The same of 39 bytes: two IPv6 addresses, and seven more. */
static __always_inline __u64 cookie_hash6_here(__u64 src0, __u64 src1, __u64 dst0, __u64 dst1, __u64 tail)
{
	const struct nolist_key *key = cookie_key();
	__u64 a, b, c, d;

	if (!key)
		return 0;
	tail |= 39ull << 56;
	COOKIE_START(a, b, c, d, key);
	COOKIE_TAKE(a, b, c, d, src0);
	COOKIE_TAKE(a, b, c, d, src1);
	COOKIE_TAKE(a, b, c, d, dst0);
	COOKIE_TAKE(a, b, c, d, dst1);
	COOKIE_TAKE(a, b, c, d, tail);
	COOKIE_END(a, b, c, d);
	return a ^ b ^ c ^ d;
}

static __noinline __u64 cookie_hash6(__u64 src0, __u64 src1, __u64 dst0, __u64 dst1, __u64 tail)
{
	return cookie_hash6_here(src0, src1, dst0, dst1, tail);
}

#endif
