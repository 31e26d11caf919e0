/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot: the records of the kernel's tables at one moment, packed and sorted by
 * source. Each instance of the tables is an epoch of its own; a source may be in several.
 * Times are as in record/pack.h, keys in host byte order.
 */
#ifndef NOLIST_SNAPSHOT_H
#define NOLIST_SNAPSHOT_H

#include <stddef.h>
#include "user/record/pack.h"

struct snapshot;
struct kern;
struct ranges;

/* All return 0 or -errno; snapshot_free() accepts NULL. */
int snapshot_new(struct snapshot **sp);
void snapshot_free(struct snapshot *s);

/* To be called before anything is added; only must stay until the sort. */
void snapshot_set_only(struct snapshot *s, const struct ranges *only);
/* The same, where only these are added: nothing is counted. */
void snapshot_set_looked_up(struct snapshot *s, const struct ranges *only);
bool snapshot_is_looked_up(const struct snapshot *s);
/*
 * Contacts of any source, of which there are more than those that were looked up: when they were there
 * last. is_whole: these are all of them. Needed where snapshot_wants_sample(); 0 or -ENOMEM.
 */
bool snapshot_wants_sample(const struct snapshot *s, int epoch);
int snapshot_add_sample(struct snapshot *s, int epoch, const struct nolist_contacts *contacts);
void snapshot_end_sample(struct snapshot *s, int epoch, bool is_whole);

/* Adds an epoch; returns its number, from 0 on, or -errno. */
int snapshot_add_epoch(struct snapshot *s, const struct epoch *epoch);
/*
 * Adds the records of a source, in any order; either may be NULL. One thread may add
 * contacts and another one verified evidence.
 */
int snapshot_add(struct snapshot *s, int epoch, const struct nolist_source *src,
		 const struct nolist_contacts *contacts, const struct nolist_verified *verified);
/* To be called after the last record of one kind, by the thread that has added them. */
int snapshot_sort_contacts(struct snapshot *s, int epoch);
int snapshot_sort_verified(struct snapshot *s, int epoch);
/* To be called once, before any walk. Sorts everything that is not sorted yet. */
int snapshot_sort(struct snapshot *s);
void snapshot_set_stats(struct snapshot *s, int epoch, const struct nolist_stats *stats,
			uint64_t begin_ns, uint64_t now_ns);
void snapshot_set_changes(struct snapshot *s, int epoch,
			  const struct nolist_change change[NOLIST_CHANGES]);
/*
 * When the program was detached; to_ns 0: still. Calls for one epoch add up, after
 * snapshot_set_stats(); from_ns 0: since the last collect.
 */
void snapshot_add_detached(struct snapshot *s, int epoch, uint64_t from_ns, uint64_t to_ns);
/* The capacity of this epoch's table of contacts; after snapshot_set_stats(). */
void snapshot_set_contacts_max(struct snapshot *s, int epoch, unsigned int contacts_max);
/* When full, this epoch's table of verified evidence evicts by itself. */
void snapshot_set_lru(struct snapshot *s, int epoch);
/*
 * The capacity of that table, and how many records both tables may lack to be full when they begin
 * to evict. Else both may have evicted at any time.
 */
void snapshot_set_room(struct snapshot *s, int epoch, unsigned int verified_max, unsigned int spare);
/* A load has replaced its tables; after snapshot_set_stats(). */
void snapshot_set_replaced(struct snapshot *s, int epoch);

/* Statistics over all sources of an epoch. */
struct snapshot_stats {
	uint32_t begin_s, now_s; /* when the tables were created, and read */
	/* Of contacts_evicted all that the table has evicted: see gap_evicted(). */
	struct gap gaps;
	struct pack_span detached[NOLIST_DETACHED + 1]; /* when the program was detached */
	unsigned int detacheds;
	bool is_replaced;      /* a load has replaced these tables */
	bool is_lru;           /* when full, the table of verified evidence evicts by itself */
	uint64_t verified_new; /* sources that were ever added to that table; 0: unknown */
	uint64_t contacts_new; /* the same of contacts */
	unsigned int contacts_max;
	unsigned int verified_max, spare; /* see snapshot_set_room() */
	/* gaps.contacts_evicted_s is between these; both are it, unless a sample was read only. */
	uint32_t contacts_evicted_s[2];
	uint32_t real_s[2];    /* IPv4, IPv6: last contact of any source with the real MX */
	uint32_t data_s[2];    /* the same with data */
	struct nolist_real real[2][NOLIST_HOURS];
	struct nolist_change change[NOLIST_CHANGES]; /* at_ns */
	struct nolist_bad_acks bad_acks[NOLIST_HOURS];
};
const struct snapshot_stats *snapshot_stats(const struct snapshot *s, int epoch);

/* Its sources of tests (kern_tests()): they are not seen at the real MX. To be called first. */
void snapshot_set_tests(struct snapshot *s, int epoch, const uint32_t test[NOLIST_TEST_MAX]);
/*
 * Makes a snapshot of the kernel's tables, sorted. failure_of() explains the error.
 * only: the records of other sources are not kept, though they are counted; NULL: all are.
 */
int snapshot_read(struct snapshot **sp, const struct kern *k, const struct ranges *only);
/*
 * The same without a walk over the tables: looks each of these sources up. real_s and data_s are then
 * those of these alone: the last contact of any source may have been later. -EAGAIN: a table may have
 * evicted records, and only a walk tells.
 */
int snapshot_look_up(struct snapshot **sp, const struct kern *k, const struct ranges *only);

int snapshot_epochs(const struct snapshot *s);
const struct epoch *snapshot_epoch(const struct snapshot *s, int epoch);

/* The records of one source in one epoch. Not to be copied: it points into itself. */
struct snapshot_item {
	struct pack_key key;
	const struct pack_contacts *contacts; /* or NULL */
	const struct pack_verified *verified; /* or NULL */
	const struct pack_hour *hour; /* ascending */
	unsigned int hours;
	struct {
		struct pack_contacts contacts;
		struct pack_verified verified;
		struct pack_hour hour[NOLIST_HOURS];
	} buffer; /* that these point to */
};

/* A walk over one epoch, sorted by source. The caller may set the last two after the start. */
struct snapshot_walk {
	const struct snapshot *s;
	int epoch;
	size_t contacts, verified; /* indexes of the next records */
	bool is_verified;          /* only sources with verified evidence */
	bool has_data;             /* with is_verified: only those that sent data to the real MX */
};

/* Starts at the first source that is not before key; NULL: at the first. */
void snapshot_start(const struct snapshot *s, int epoch, const struct pack_key *key,
		    struct snapshot_walk *w);
/* The next source; false: the end. */
bool snapshot_next(struct snapshot_walk *w, struct snapshot_item *item);
/* Key of the next source with verified evidence, without a step; false: there is none. */
bool snapshot_next_verified(const struct snapshot_walk *w, struct pack_key *key);
/* Steps to the source with this key, fills item and steps past it; false: it is not there. */
bool snapshot_step_to(struct snapshot_walk *w, const struct pack_key *key,
		      struct snapshot_item *item);

/*
 * Calls fn for each source of one table of an epoch, with the time at which it was there last
 * (0: never), in the order of sources.
 */
typedef void snapshot_last_fn(const struct pack_key *key, uint32_t last, void *arg);
void snapshot_each_last(const struct snapshot *s, int epoch, bool is_verified, snapshot_last_fn *fn,
			void *arg);

#endif
