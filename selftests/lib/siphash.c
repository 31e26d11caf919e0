// SPDX-License-Identifier: GPL-2.0-only
/* siphash.h: sipHash-2-4 over bytes, and the bytes of a dialogue that go into it. */
#include "selftests/lib/siphash.h"

static uint64_t siphash_rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static void siphash_rounds(uint64_t v[4], int n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = siphash_rotl(v[1], 13) ^ v[0];
		v[0] = siphash_rotl(v[0], 32);
		v[2] += v[3];
		v[3] = siphash_rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = siphash_rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = siphash_rotl(v[1], 17) ^ v[2];
		v[2] = siphash_rotl(v[2], 32);
	}
}

static uint64_t siphash_load(const unsigned char *p, size_t n)
{
	uint64_t x = 0;

	while (n--)
		x = x << 8 | p[n];
	return x;
}

static uint64_t siphash(uint64_t k0, uint64_t k1, const void *bytes, size_t len)
{
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
			  k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	const unsigned char *p = bytes;
	uint64_t m;
	size_t n;

	for (n = len; n >= 8; n -= 8, p += 8) {
		m = siphash_load(p, 8);
		v[3] ^= m;
		siphash_rounds(v, 2);
		v[0] ^= m;
	}
	m = (uint64_t)len << 56 | siphash_load(p, n);
	v[3] ^= m;
	siphash_rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	siphash_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t siphash_bytes(const struct nolist_key *key, const void *bytes, size_t len)
{
	return siphash(key->k[0], key->k[1], bytes, len);
}

int siphash_is_right(void)
{
	unsigned char m[15];
	size_t i;

	for (i = 0; i < sizeof(m); i++)
		m[i] = i;
	return siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, m, sizeof(m)) == 0xa129ca6149be45e5;
}

uint64_t siphash_dialogue(const struct nolist_key *key, const struct nolist_addr *src,
			  const struct nolist_addr *dst, unsigned int sport, unsigned int dport,
			  uint64_t now, int has_timestamps)
{
	/* Signed: a machine that has just come up has a slot before the first, too. */
	uint32_t slot = (uint32_t)((int64_t)now >> 40 & 0x7fffff) << 1 | !!has_timestamps;
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t skip = memcmp(src->b, mapped, sizeof(mapped)) ? 0 : sizeof(mapped);
	unsigned char m[40], *p = m;

	/* IPv4 addresses go in without what maps them into IPv6. */
	p = (unsigned char *)memcpy(p, src->b + skip, 16 - skip) + 16 - skip;
	p = (unsigned char *)memcpy(p, dst->b + skip, 16 - skip) + 16 - skip;
	*p++ = dport >> 8; /* the wire's order */
	*p++ = dport;
	*p++ = sport >> 8;
	*p++ = sport;
	*p++ = slot;
	*p++ = slot >> 8;
	*p++ = slot >> 16;
	return siphash(key->k[0], key->k[1], m, p - m);
}
