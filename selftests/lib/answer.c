// SPDX-License-Identifier: GPL-2.0-only
/* answer.h: cuts and blanks what may differ in two answers. */
#include "selftests/lib/answer.h"

size_t find_l3(const unsigned char *p, size_t len)
{
	size_t at = 12;

	while (at + 4 < len && ((p[at] == 0x81 && !p[at + 1]) || (p[at] == 0x88 && p[at + 1] == 0xa8)))
		at += 4;
	return at + 2;
}

unsigned int get16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

uint32_t get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

void normalise(struct answer *a)
{
	unsigned char *n = a->norm, sums = 0;
	size_t l3 = find_l3(a->raw, a->len), l4, end = a->len;
	unsigned int proto = IPPROTO_TCP;

	memcpy(n, a->raw, a->len);
	if (l3 + 20 <= a->len && n[l3] >> 4 == 4) {
		l4 = l3 + (n[l3] & 15) * 4;
		if (l3 + get16(n + l3 + 2) < end)
			end = l3 + get16(n + l3 + 2);
		sums |= l4 <= end && frame_sum(n + l3, l4 - l3, 0) == 0xffff;
		memset(n + l3 + 4, 0, 2);
		n[l3 + 8] = 0;
		memset(n + l3 + 10, 0, 2);
	} else if (l3 + 40 <= a->len && n[l3] >> 4 == 6) {
		l4 = l3 + 40;
		proto = n[l3 + 6];
		if (l4 + get16(n + l3 + 4) < end)
			end = l4 + get16(n + l3 + 4);
		n[l3 + 1] &= 0xf0;
		memset(n + l3 + 2, 0, 2);
		n[l3 + 7] = 0;
		sums |= 1;
	} else {
		l4 = end;
	}
	if (l4 < end)
		sums |= (frame_sum(n + l4, end - l4,
				   frame_pseudo_sum(n + l3, proto, end - l4)) == 0xffff) << 1;
	n[end] = sums;
	a->norm_len = end + 1;
}

int by_bytes(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;
	size_t n = a->norm_len < b->norm_len ? a->norm_len : b->norm_len;
	int c = memcmp(a->norm, b->norm, n);

	return c ? c : (int)a->norm_len - (int)b->norm_len;
}

int is_icmp(const struct answer *a)
{
	size_t l3 = find_l3(a->raw, a->len);

	return a->raw[l3] >> 4 == 6 ? a->raw[l3 + 6] == IPPROTO_ICMPV6 :
				      a->raw[l3 + 9] == IPPROTO_ICMP;
}

unsigned long count_looped(const struct answers *f)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < f->n; i++)
		n += !memcmp(f->a[i].raw, "\xff\xff\xff\xff\xff\xff", 6);
	return n;
}
