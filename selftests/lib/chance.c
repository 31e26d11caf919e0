// SPDX-License-Identifier: GPL-2.0-only
/* chance.h: splitmix64. */
#include "selftests/lib/chance.h"

uint64_t seg_state;

uint64_t seg_mix(uint64_t z) /* splitmix64 */
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t rnd(void)
{
	return seg_mix(seg_state += 0x9e3779b97f4a7c15ull) >> 32;
}

uint32_t below(uint32_t n)
{
	return (uint64_t)rnd() * n >> 32;
}

int percent(uint32_t p)
{
	return below(100) < p;
}

void rnd_bytes(void *at, size_t n)
{
	unsigned char *p = at;

	while (n--)
		*p++ = rnd();
}

uint32_t rnd_edge(void)
{
	static const uint32_t edge[] = { 0, 1, 0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000,
					 0xffff0000, 0x0000ffff };

	return percent(30) ? edge[below(8)] : rnd();
}
