/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evidence of one source, packed, as snapshots (by the million) and the store hold it:
 * the table's record now, and what is stored of it. Pure: no kernel, no files.
 *
 * Times are seconds of the table's own clock plus one, so that 0 is never. They are
 * converted to UTC only when evidence is read: an administrator may set the wall
 * clock, and then all times of this boot move with it.
 */
#ifndef NOLIST_PACK_H
#define NOLIST_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include "bpf/abi.h"

/*
 * An epoch: a pair of tables from their creation to their end, which is a reboot at
 * the latest. The counters of a record only grow until the record is dropped.
 */
struct epoch {
	char boot[37];       /* the kernel's boot id */
	uint32_t tables;     /* kernel's id of the table of verified evidence: unique in a boot */
	uint64_t generation; /* nolist_meta.generation; 0: not drawn yet */
	int64_t wall_s;      /* UTC minus the clock of the tables, in seconds */
};

/* Boot id of imported evidence: its clock is UTC, and it has no gaps. */
#define EPOCH_IMPORTED "imported"

/* Are they the same tables? */
bool epoch_is(const struct epoch *a, const struct epoch *b);

/*
 * A source as a number, in host byte order: sorts as addr_compare() does. An IPv6 host is
 * its /64.
 */
struct pack_key {
	uint64_t high; /* the IPv6 /64; IPv4: 0 (no host has an address in ::/64) */
	uint32_t low;  /* the IPv4 address; IPv6: 0 */
};

struct pack_key pack_key(const struct nolist_source *src);
struct nolist_source pack_source(const struct pack_key *key);

static inline int pack_compare(const struct pack_key *a, const struct pack_key *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

struct pack_span {
	uint32_t first, last; /* 0: never */
};

enum { PACK_LOW, PACK_REAL, PACK_HIGH, PACK_ROLES };

/* The record in nolist_contacts now. */
struct pack_contacts {
	struct pack_span role[PACK_ROLES];
	uint32_t opens[PACK_ROLES];
};

/*
 * What was seen in an hour: data to the real MX, SYNs. A table has only the first and the
 * last time, so every hour is known only if the table is read once in each.
 */
enum {
	PACK_SEEN_DATA = 1,
	PACK_SEEN_LOW = 2, /* shifted by role */
	PACK_SEEN_WALK = 16,       /* a walk that counts */
	PACK_SEEN_WALK_TWICE = 32, /* two of them */
	PACK_SEEN_ACCEPTED = 64,   /* imported: a delivery that was accepted after all filters */
	PACK_SEEN_NEW = 128, /* its record in nolist_verified began in this hour: no hour of its own */
};

/* One hour of the table's clock; fields mean the same as in struct nolist_hour. */
struct pack_hour {
	uint32_t hour; /* as in struct nolist_hour: from 1 on */
	uint16_t n[NOLIST_EVENT_SLOTS];
	uint16_t seen; /* PACK_SEEN_...; if all of n is 0, the hour has no dialogue */
	uint16_t last; /* seconds into the hour of the last dialogue, plus one; 0: unknown */
	uint32_t unknown[2]; /* as in struct stored_contacts */
};
_Static_assert(sizeof(struct pack_hour) == 48, "is stored");

/* As struct nolist_twice. */
struct pack_twice {
	uint32_t prev, last; /* 0: never */
};
#define PACK_APART_S (NOLIST_APART_NS / 1000000000)

/* The record in nolist_verified now, without its hours, which are in an array of their own. */
struct pack_verified {
	struct pack_span data, talk;
	uint32_t data_count;
	uint32_t talk_hours;
	uint32_t bad_acks;
	struct pack_twice walk, visit;
	uint32_t walks;
};

/* A time of the tables (nanoseconds; 0: never) in packed seconds. */
uint32_t pack_second(uint64_t ns);

/* Does this tool know all fields that are set? A record with unknown fields is not freed. */
bool pack_is_known(const struct nolist_verified *v);
struct pack_contacts pack_contacts(const struct nolist_contacts *c);
/* Fills hour[NOLIST_HOURS], ascending; *hours says how many there are. */
struct pack_verified pack_verified(const struct nolist_verified *v, struct pack_hour *hour,
				   unsigned int *hours);

/*
 * What is stored of a source in an epoch. A record that was dropped (the table was
 * full, or collect freed it) comes back with its counters at zero and a later
 * begin: then the old counts are added to "before". Until then the larger number
 * counts, so that reading the same table twice changes nothing.
 *
 * The layout is the store's, in host byte order. A new field takes the first of the unknown
 * words, where zero must mean "nothing known": each stored record has a length of its own,
 * so the store's version does not change. Unknown words that a newer tool has stored are
 * copied unchanged.
 */
struct stored_contacts {
	struct pack_contacts now; /* its spans cover all records there were */
	uint32_t begin;           /* of the record in the table; 0: there was none */
	uint32_t before[PACK_ROLES];
	uint32_t day;              /* days since 1970 */
	uint32_t days[PACK_ROLES]; /* bit i: an open was seen i days before that */
	/* The tables were not read for long: there were SYNs to low and real, it is not known when. */
	struct pack_span hidden[2];
	uint32_t unknown[3];
};
_Static_assert(sizeof(struct stored_contacts) == 4 * 24, "is stored");

struct stored_verified {
	struct {
		struct pack_span data, talk;
		uint32_t data_count;
		uint32_t talk_hours;
		uint32_t bad_acks;
	} now; /* its spans cover all records there were */
	uint32_t begin;
	uint32_t before_data_count, before_talk_hours, before_bad_acks;
	struct pack_twice walk, visit; /* of all records there were */
	uint32_t walks, before_walks;
	struct pack_span hidden; /* the same of data to the real MX */
	uint32_t unknown[5];
};
_Static_assert(sizeof(struct stored_verified) == 4 * 24, "is stored");

#define STORED_DAYS 32

/* Gaps in the evidence of an epoch up to a time: counters as the tables have them. */
struct gap {
	uint32_t from_s, to_s;    /* the interval at whose end the counters were read */
	uint64_t verified_lost;   /* verified evidence that a full table refused */
	uint32_t verified_lost_s; /* when last; 0: never */
	uint64_t evicted;         /* sources that a full table of verified evidence evicted */
	uint32_t evicted_s;       /* half of the sources left were idle since then */
	uint64_t detached;        /* how often the program was found attached nowhere */
	uint32_t detached_s;      /* when last */
	uint64_t contacts_lost;   /* only reported */
	uint64_t contacts_limited[PACK_ROLES]; /* not noted: too many in a second */
	/* Intervals in which contacts were evicted, or dropped from the store, when young. */
	uint64_t contacts_evicted;
	uint32_t contacts_evicted_s; /* half of those left were idle since then */
};

/*
 * Counts the interval among those in which young contacts were evicted, if gap->contacts_evicted
 * contacts were by the table and it may be so. last: the interval before.
 */
void gap_evicted(struct gap *gap, const struct gap *last);
/* May contacts with low or real have been lost in this interval? */
bool gap_is_flood(const struct gap *gap, const struct gap *before);

/* Hours that are stored, at most: the oldest are dropped first. */
#define STORED_HOURS (35 * 24)

struct stored {
	struct stored_contacts contacts;
	struct stored_verified verified;
	struct pack_hour *hour; /* capacity STORED_HOURS; ascending */
	unsigned int hours;
	/* Set by the caller, not stored: until then the tables had been read before; 0: never. */
	uint32_t seen_s;
	/* Between stored_add_contacts() and stored_add_opens(): hours that may have had SYNs. */
	struct pack_span hidden[PACK_ROLES];
};

/*
 * A table has only the first and the last time. If it was read so lately, each hour since then is
 * marked that may have had others; else it is only known from when to when these were.
 */
#define STORED_HIDDEN_HOURS 3
/* Hours that one read of the tables may add to a source. */
#define STORED_HOURS_MORE (NOLIST_HOURS + 4 + 2 * PACK_ROLES + (STORED_HIDDEN_HOURS + 1) * 4)

/* Is there any verified evidence? */
static inline bool stored_is_verified(const struct stored *k)
{
	return k->verified.begin;
}

/* Merge a table's record into what is stored. True: there was something new. */
bool stored_add_contacts(struct stored *k, const struct pack_contacts *c, int64_t wall_s);
bool stored_add_verified(struct stored *k, const struct pack_verified *v,
			 const struct pack_hour *hour, unsigned int hours);

/*
 * To be called after these two: notes the hours with SYNs of a verified source. now_s is the
 * packed time at which the table was read.
 */
bool stored_add_opens(struct stored *k, const struct pack_contacts *c, uint32_t now_s);

/*
 * Adds one contact from a log: data to the real MX (or even mail that was accepted there after all
 * filters), or a SYN to the low fake; at is a packed time. One that is not later than all before
 * was imported already, and is not counted again.
 */
enum stored_import { IMPORT_LOW, IMPORT_DATA, IMPORT_ACCEPTED };
bool stored_import(struct stored *k, enum stored_import what, uint32_t at);

/* The last two of both, as far apart as they must be. apart in the unit of the others. */
static inline void pack_twice(int64_t *prev, int64_t *last, int64_t prev2, int64_t last2,
			      int64_t apart)
{
	int64_t t[] = { *prev, *last, prev2, last2 };
	int i;

	*last = *last > last2 ? *last : last2;
	for (*prev = 0, i = 0; i < 4; i++)
		if (t[i] && t[i] > *prev && t[i] + apart <= *last)
			*prev = t[i];
}

static inline uint32_t pack_sum(uint32_t a, uint32_t b)
{
	return a + b < a ? UINT32_MAX : a + b;
}

/* stored_contacts.days, for a day that is later by this many days. */
static inline uint32_t pack_days_later(uint32_t days, uint32_t by)
{
	return by < STORED_DAYS ? days << by : 0;
}

#endif
