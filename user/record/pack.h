/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evidence of one source, packed, as it lies in memory by the million and in the
 * store: what a table says now, and what is kept of it. Pure: no kernel, no files.
 *
 * Times are seconds of the table's own clock plus one, so that 0 is never; the
 * clock is put in UTC only when evidence is read, since an administrator may set
 * the wall clock, and all that the clock of a boot has stamped moves with it.
 */
#ifndef NOLIST_PACK_H
#define NOLIST_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include "bpf/abi.h"

/*
 * A pair of tables from their making to their end, which is a reboot at the
 * latest. Their counters only grow, as long as a record is not dropped.
 */
struct epoch {
	char boot[37];       /* the kernel's boot id */
	uint32_t tables; /* the kernel's id of the table of verified evidence: unique in a boot */
	uint64_t generation; /* nolist_meta.generation; 0: nobody has drawn it yet */
	int64_t wall_s;      /* UTC minus the clock of the tables, in seconds */
};

/* The boot of what was imported: its clock is UTC, and nothing is lost between. */
#define EPOCH_IMPORTED "imported"

/* Are they the same tables? */
bool epoch_is(const struct epoch *a, const struct epoch *b);

/* A source as a number: sorts as addr_compare() does, an IPv6 host being its /64. */
struct pack_key {
	uint64_t high; /* of IPv6; IPv4: 0. (::/64, where no host lives, is 0.0.0.0) */
	uint32_t low;  /* the IPv4 address */
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

/* What nolist_contacts says now. */
struct pack_contacts {
	struct pack_span role[PACK_ROLES];
	uint32_t opens[PACK_ROLES];
};

/*
 * What was seen in an hour: data to the real MX, SYNs. The tables keep only the last
 * time, so that each hour is known to who looks once in each.
 */
enum {
	PACK_SEEN_DATA = 1,
	PACK_SEEN_LOW = 2, /* shifted by role */
	PACK_SEEN_OPENS = 7 * PACK_SEEN_LOW,
};

/* One hour of the table's clock; meanings as in struct nolist_hour. */
struct pack_hour {
	uint32_t hour; /* as in struct nolist_hour: from 1 on */
	uint16_t n[NOLIST_EVENT_SLOTS];
	uint16_t seen; /* PACK_SEEN_...; alone, it is no hour with dialogues */
	uint16_t reserved;
	uint32_t unknown[2]; /* as below */
};
_Static_assert(sizeof(struct pack_hour) == 48, "is stored");

/* What nolist_verified says now; its hours are elsewhere, ascending. */
struct pack_verified {
	struct pack_span data, talk;
	uint32_t data_count;
	uint32_t talk_hours;
	uint32_t bad_acks;
};

/* A time of the tables as it is kept. */
uint32_t pack_second(uint64_t ns);

/* Is there nothing in it that this tool does not know? Such a record is not freed. */
bool pack_is_known(const struct nolist_verified *p);
struct pack_contacts pack_contacts(const struct nolist_contacts *c);
/* Hours: how many were put into hour[NOLIST_HOURS]. */
struct pack_verified pack_verified(const struct nolist_verified *p, struct pack_hour *hour,
				   unsigned int *hours);

/*
 * What is kept of a source and a life. A record that was dropped (the table was
 * full, or we freed it) comes back with its counters at zero and a later
 * beginning: then what it had is added to "before". Until then the larger number
 * counts, so that reading the same table twice changes nothing.
 *
 * The layout is the store's, in the order of the machine. A field that is added takes the
 * first of the unknown words, where zero must mean "nothing known": each stored record has
 * a length of its own, so that the version of the store stays. What a newer tool has
 * stored there is kept as it is.
 */
struct stored_contacts {
	struct pack_contacts now; /* its spans cover all records there were */
	uint32_t begin;         /* of the record in the table; 0: there was none */
	uint32_t before[PACK_ROLES];
	uint32_t day;              /* days since 1970 */
	uint32_t days[PACK_ROLES]; /* bit i: an open was seen i days before that */
	uint32_t unknown[7];
};
_Static_assert(sizeof(struct stored_contacts) == 4 * 24, "is stored");

struct stored_verified {
	struct pack_verified now;
	uint32_t begin;
	uint32_t before_data_count, before_talk_hours, before_bad_acks;
	uint32_t unknown[13];
};
_Static_assert(sizeof(struct stored_verified) == 4 * 24, "is stored");

#define STORED_DAYS 32

/* What a life has lost until a time: counters as the tables have them. */
struct gap {
	uint32_t from_s, to_s;  /* the interval at whose end it was so */
	uint64_t verified_lost; /* verified evidence that found no room */
	uint32_t verified_lost_s; /* when last; 0: never */
	uint64_t evicted; /* verified evidence for which a full table let the longest idle go */
	uint32_t evicted_s;     /* half of those that are left were idle since then */
	uint64_t detached;      /* how often the program was found attached nowhere */
	uint32_t detached_s;    /* when last */
	uint64_t contacts_lost; /* these weigh nothing, and are only told */
	uint64_t contacts_limited[PACK_ROLES];
};

/* The hours that are kept: at most so many, the oldest goes first. */
#define STORED_HOURS (35 * 24)

struct stored {
	struct stored_contacts contacts;
	struct stored_verified verified;
	struct pack_hour *hour; /* room for STORED_HOURS; ascending */
	unsigned int hours;
};

/* Is there anything verified? */
static inline bool stored_is_verified(const struct stored *k)
{
	return k->verified.begin;
}

/* Merge what a table says now. True: there was something new. */
bool stored_add_contacts(struct stored *k, const struct pack_contacts *c, int64_t wall_s);
bool stored_add_verified(struct stored *k, const struct pack_verified *p,
			 const struct pack_hour *hour, unsigned int hours);

/* After these two, of a look at now_s: notes hours with SYNs of who has verified anything. */
bool stored_add_opens(struct stored *k, const struct pack_contacts *c, uint32_t now_s);

/*
 * Adds one contact that others have logged: data to the real MX, or a SYN to the
 * low fake. What is not later than all before was there already and counts no more.
 */
bool stored_import(struct stored *k, bool is_data, uint32_t at);

static inline uint32_t pack_sum(uint32_t a, uint32_t b)
{
	return a + b < a ? UINT32_MAX : a + b;
}

/* Bits of days as they look so many days later. */
static inline uint32_t pack_days_later(uint32_t days, uint32_t by)
{
	return by < STORED_DAYS ? days << by : 0;
}

#endif
