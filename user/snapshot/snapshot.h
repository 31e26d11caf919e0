/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's tables say at one moment, packed and sorted by source. Each
 * set of tables is a life of its own; a source may be in several.
 */
#ifndef NOLIST_SNAPSHOT_H
#define NOLIST_SNAPSHOT_H

#include <stddef.h>
#include "user/record/pack.h"

struct snapshot;
struct kern;

/* All return 0 or -errno; snapshot_free() is safe on NULL. */
int snapshot_new(struct snapshot **sp);
void snapshot_free(struct snapshot *s);

/* One more set of tables; returns its number, from 0 on. */
int snapshot_add_epoch(struct snapshot *s, const struct epoch *epoch);
/* What its tables say of a source; either may be NULL. One thread may add contacts and
 * another one verified evidence. */
int snapshot_add(struct snapshot *s, int epoch, const struct nolist_source *src,
		 const struct nolist_contacts *contacts, const struct nolist_verified *verified);
/* When all of one kind have been added: by the thread that did so, if there are two. */
int snapshot_sort_contacts(struct snapshot *s, int epoch);
int snapshot_sort_verified(struct snapshot *s, int epoch);
/* To be called once, before what follows. Sorts whatever is not sorted. */
int snapshot_sort(struct snapshot *s);
void snapshot_set_stats(struct snapshot *s, int epoch, const struct nolist_stats *stats,
			uint64_t begin_ns, uint64_t now_ns, bool is_detached);
void snapshot_set_changes(struct snapshot *s, int epoch,
			  const struct nolist_change change[NOLIST_CHANGES]);
/* This life's table of verified evidence makes room by itself. */
void snapshot_set_lru(struct snapshot *s, int epoch);
/* Others have taken the place of its tables; after snapshot_set_stats(). */
void snapshot_set_over(struct snapshot *s, int epoch);

/* What concerns all sources of a life. */
struct snapshot_stats {
	uint32_t begin_s, now_s; /* when the tables were made, and read */
	struct gap gaps;
	bool is_detached; /* the program is attached nowhere */
	bool is_over; /* others have taken the place of these tables */
	bool is_lru;  /* the table of verified evidence makes room by itself */
	uint64_t verified_new; /* how many were ever put into the table; 0: not told */
	uint32_t real_s[2]; /* when anyone was at the real MX; IPv4, IPv6 */
	uint32_t data_s[2]; /* the same with data */
	struct nolist_real real[2][NOLIST_HOURS];
	struct nolist_change change[NOLIST_CHANGES]; /* at_ns */
	struct nolist_bad_acks bad_acks[NOLIST_HOURS];
};
const struct snapshot_stats *snapshot_stats(const struct snapshot *s, int epoch);

/* All of that from the kernel: each set is a life. Explains failures as kernel/kern.h does. */
int snapshot_read(struct snapshot **sp, const struct kern *k);

int snapshot_epochs(const struct snapshot *s);
const struct epoch *snapshot_epoch(const struct snapshot *s, int epoch);

/* What one life says of one source. Not to be copied: it points into itself. */
struct snapshot_item {
	struct pack_key key;
	const struct pack_contacts *contacts; /* or NULL */
	const struct pack_verified *verified; /* or NULL */
	const struct pack_hour *hour;
	unsigned int hours;
	struct {
		struct pack_contacts contacts;
		struct pack_verified verified;
		struct pack_hour hour[NOLIST_HOURS];
	} capacity;
};

/* A walk over one life in the order of sources. */
struct snapshot_walk {
	const struct snapshot *s;
	int epoch;
	size_t contacts, verified; /* the next ones */
	bool is_verified;          /* only sources with verified evidence */
	bool has_data;         /* and of these only who sent data to the real MX */
};

/* From the first source that is not before key; NULL: from the first. */
void snapshot_start(const struct snapshot *s, int epoch, const struct pack_key *key,
		    struct snapshot_walk *w);
/* False: there is no more. */
bool snapshot_next(struct snapshot_walk *w, struct snapshot_item *item);
/* Which source with verified evidence comes next; does not step. */
bool snapshot_next_verified(const struct snapshot_walk *w, struct pack_key *key);
/* Steps past all that come before a source, and past itself; false: it is not there. */
bool snapshot_step_to(struct snapshot_walk *w, const struct pack_key *key,
		      struct snapshot_item *item);

#endif
