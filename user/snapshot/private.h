/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What snapshot.c, which holds the records, evicted.c, which finds what full tables have evicted,
 * and last.c, which finds the newest, share. Only these files include this header.
 */
#ifndef NOLIST_SNAPSHOT_PRIVATE_H
#define NOLIST_SNAPSHOT_PRIVATE_H

#include "user/snapshot/snapshot.h"
#include "user/snapshot/sorted.h"

/* One of the two: a thread of its own may fill and sort it. */
struct half {
	struct sorted sorted;
	uint32_t real_s[2]; /* last contact of any source with the real MX, by family */
	bool is_sorted;
	size_t all; /* records, also of those that are not kept; where looked up, of a sample */
	uint32_t *last; /* when each was there last, if some are not kept and it may be asked for */
};

struct tables {
	struct epoch epoch;
	struct half contacts;
	struct half verified; /* after each record its hours */
	bool is_whole;        /* the sample of contacts has all of them */
	struct snapshot_stats stats;
	uint32_t test[NOLIST_TEST_MAX]; /* sources of tests */
};

struct snapshot {
	struct tables *tables;
	int epochs;
	const struct ranges *only; /* NULL: all are kept */
	bool is_looked_up;
};

static inline uint32_t snapshot_later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* So many contacts were ever added that a full table may have evicted some. */
static inline bool snapshot_may_have_evicted(const struct tables *t)
{
	return t->stats.contacts_new + t->stats.spare > t->stats.contacts_max;
}

/* The same of verified evidence. */
static inline bool snapshot_may_have_evicted_verified(const struct tables *t)
{
	return t->stats.is_lru && t->stats.verified_new + t->stats.spare > t->stats.verified_max;
}

/* Decodes the contacts at an index. */
void snapshot_take_contacts(const struct sorted *t, size_t at, struct snapshot_item *item);
/* When the source at an index was in the table of contacts last, and in the one of verified evidence. */
uint32_t snapshot_contacts_last(const struct snapshot *s, int epoch, size_t at);
uint32_t snapshot_verified_last(const struct snapshot *s, int epoch, size_t at);
/* 0, -ENOMEM, or -EAGAIN: what was looked up does not tell. */
int snapshot_count_evicted(struct snapshot *s, int epoch);
int snapshot_count_contacts_evicted(struct snapshot *s, int epoch);

#endif
