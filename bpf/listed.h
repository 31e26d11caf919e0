/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the table of listed sources (block.h). The functions are pure but for block_at(), so a
 * native test compares them with a plain set. Each in host byte order: addr is an IPv4 address,
 * net the upper half of an IPv6 one.
 */
#ifndef NOLIST_LISTED_H
#define NOLIST_LISTED_H

/* May something be known of this /24? Nearly always not. */
static __always_inline bool block_maybe4(void *table, __u32 addr)
{
	const struct nolist_block_line *l = block_at(table, NOLIST_BLOCK_KNOWN + (addr >> 17));

	return l && l->w[addr >> 14 & 7] >> (addr >> 8 & 63) & 1;
}

/* The four bits of a /24. */
static __always_inline __u32 block_net4(void *table, __u32 addr)
{
	const struct nolist_block_line *l;

	if (!block_maybe4(table, addr))
		return 0;
	l = block_at(table, addr >> 15);
	return l ? l->w[addr >> 12 & 7] >> (addr >> 8 & 15) * 4 & 15 : 0;
}

/* May something be known of this /32? */
static __always_inline bool block_maybe6(void *table, __u64 net)
{
	__u32 bit = nolist_block_maybe(net);
	const struct nolist_block_line *l = block_at(table, NOLIST_BLOCK_MAYBE + (bit >> 9));

	return l && l->w[bit >> 6 & 7] >> (bit & 63) & 1;
}

/* The entry in a line that is like "like" but for its action; 0: it is not there. */
static __always_inline __u32 block_entry4(const struct nolist_block_line *l, __u32 like)
{
	__u32 found = 0, i;

#pragma unroll
	for (i = 0; i < 16; i++) {
		__u32 e = l->e[i];

		if ((e & ~(7u << NOLIST_BLOCK_ACT)) == like)
			found = e;
	}
	return found;
}

/* The action of one address; -1: it has none of its own. */
static __always_inline int block_exact4(void *table, const struct nolist_block_head *h, __u32 addr)
{
	__u32 mixed = nolist_block_mix4(addr, h->seed), bits = h->bits4 & 31, i;
	__u32 at = (__u64)mixed >> (32 - bits), like = NOLIST_BLOCK_USED | (mixed & ((1ull << (32 - bits)) - 1));

	for (i = 0; i < NOLIST_BLOCK_PROBES; i++) {
		const struct nolist_block_line *l =
			block_at(table, h->first4 + ((at + i) & ((1u << bits) - 1)));
		__u32 e;

		if (!l)
			break;
		e = block_entry4(l, like | i << NOLIST_BLOCK_PROBE);
		if (e)
			return e >> NOLIST_BLOCK_ACT & 7;
		if (!l->e[15])
			break;
	}
	return -1;
}

/* Of a key in one line: its byte; 0: it is not there. */
static __always_inline __u32 block_entry6(const struct nolist_block_line *l, __u64 key, __u32 length)
{
	__u32 found = 0, i;

#pragma unroll
	for (i = 0; i < NOLIST_BLOCK_KEYS; i++) {
		__u32 byte = l->w[7] >> 8 * i & 0xff;

		if (l->w[i] == key &&
		    (byte & ~7u) == (NOLIST_BLOCK_USED6 | length << NOLIST_BLOCK_LENGTH6))
			found = byte;
	}
	return found;
}

static __always_inline int block_exact6(void *table, const struct nolist_block_head *h, __u64 net,
					enum nolist_block_length length)
{
	__u64 key = nolist_block_key6(net, length);
	__u32 bits = h->bits6 & 31, i;
	__u32 at = nolist_block_mix6(key, length, h->seed) >> 32 >> (32 - bits);

	for (i = 0; i < NOLIST_BLOCK_PROBES6; i++) {
		const struct nolist_block_line *l =
			block_at(table, h->first6 + ((at + i) & ((1u << bits) - 1)));
		__u32 byte;

		if (!l)
			break;
		byte = block_entry6(l, key, length);
		if (byte)
			return byte & 7;
		if (!(l->w[7] >> 8 * (NOLIST_BLOCK_KEYS - 1) & NOLIST_BLOCK_USED6))
			break;
	}
	return -1;
}

static __always_inline const struct nolist_block_head *block_head(void *table)
{
	const struct nolist_block_line *l = block_at(table, NOLIST_BLOCK_HEAD);

	return l && l->head.magic == NOLIST_MAGIC ? &l->head : NULL;
}

/* The action of an address whose /24 has these four bits. */
static __always_inline enum nolist_action block_action4(void *table, const struct nolist_block_head *h,
							__u32 addr, __u32 net)
{
	int act = net & NOLIST_BLOCK_ASK ? block_exact4(table, h, addr) : -1;

	return act < 0 ? net & 7 : (__u32)act;
}

static __always_inline enum nolist_action block_action6(void *table, const struct nolist_block_head *h,
							__u64 net)
{
	__u32 length;
	int act;

	for (length = NOLIST_BLOCK_64; length <= NOLIST_BLOCK_32; length++) {
		if (!(h->lengths6 >> length & 1))
			continue;
		act = block_exact6(table, h, net, length);
		if (act >= 0)
			return act;
	}
	return NOLIST_ACT_NONE;
}

#endif
