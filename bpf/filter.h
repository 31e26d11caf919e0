/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of room 6: has a source been verified lately? An aging Bloom filter with two hashes:
 * each source has two bytes of one cache line, which its address determines. It may have
 * false positives, but no false negatives. It is written only when a source is verified, so a
 * flood reads it and changes nothing.
 */
#ifndef NOLIST_FILTER_H
#define NOLIST_FILTER_H

#define FILTER_LINES 4096 /* 256 KiB */
#define FILTER_UNIT (46 - NOLIST_HOUR_SHIFT) /* the unit of an age is 2^46 ns: 19.5 hours */
#define FILTER_AGES 8     /* "lately" is within this many units: a week */

static struct {
	__u8 age[64]; /* time of the last verification, in units modulo 2^8; 0: never */
} __attribute__((aligned(64))) filter_line[FILTER_LINES];

/* Hash of a source: one half of its address is the same for all sources of its family. */
static __always_inline __u64 filter_hash(const struct nolist_addr *a, bool is_ip6)
{
	return (is_ip6 ? a->q[0] : a->q[1]) * 0x9e3779b97f4a7c15ull;
}

/*
 * Hash of a network (nolist_network()) in which a source has delivered mail: with a salt, since
 * sources are noted for dialogues with a high fake, too.
 */
static __always_inline __u64 filter_hash_network(__u64 network)
{
	return (network ^ 0x6d61696c) * 0xbf58476d1ce4e5b9ull;
}

static __always_inline __u8 filter_now(__u64 now)
{
	__u8 age = now >> FILTER_UNIT;

	return age ? age : 1;
}

static __always_inline bool filter_is_young(__u8 age, __u8 today)
{
	return age && (__u8)(today - age) < FILTER_AGES;
}

/* Was the source with this hash verified lately? "No" is certain, "yes" is a guess. */
static __always_inline bool filter_has(__u64 hash, __u64 now)
{
	const __u8 *line = filter_line[hash >> 52].age;
	__u8 age = line[hash >> 46 & 63], today;

	if (!age) /* nearly always */
		return false;
	today = filter_now(now);
	return filter_is_young(age, today) && filter_is_young(line[hash >> 40 & 63], today);
}

static __always_inline void filter_note(__u64 hash, __u64 now)
{
	__u8 *line = filter_line[hash >> 52].age, today = filter_now(now);

	if (line[hash >> 46 & 63] != today)
		line[hash >> 46 & 63] = today;
	if (line[hash >> 40 & 63] != today)
		line[hash >> 40 & 63] = today;
}

#endif
