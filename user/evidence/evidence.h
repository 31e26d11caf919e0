/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence of each source: the records of the tables now, and what is stored of them
 * and of earlier epochs, merged by source, with times in seconds since 1970 (UTC).
 * Records are made one by one, in order, from the snapshot and the store, so that
 * millions of sources need no memory.
 */
#ifndef NOLIST_EVIDENCE_H
#define NOLIST_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "bpf/abi.h"
#include "user/base/text.h"
#include "user/record/pack.h"
#include "user/record/span.h"

/* Segments that open a connection to one role. */
struct contact {
	struct span when;
	uint32_t opens;
	struct span hidden; /* in which there were some, it is not known when; all zero: in none */
};

/* Verified events at the high fakes in one hour; they mean the same as in struct nolist_hour. */
struct hour {
	uint32_t start;                 /* its first second */
	uint16_t n[NOLIST_EVENT_SLOTS]; /* by enum nolist_event; a newer program may have more */
	uint16_t last; /* seconds into it of the last dialogue, plus one; 0: unknown */
};

/* The last two times of what counts again only after a while; 0: never. */
struct twice {
	int64_t prev, last;
};

enum record_role {
	RECORD_LOW,
	RECORD_REAL,
	RECORD_HIGH,
	/* No roles, but marks of an hour, too. */
	RECORD_WALK,       /* from the low fake to the real MX */
	RECORD_WALK_TWICE, /* two of them */
	RECORD_ACCEPTED,   /* mail that was accepted after all filters */
	RECORD_NEW,        /* until then the packet program did not know it as verified */
	RECORD_DATA,       /* data to the real MX; their hours are in data_hour[] */
};

/* SYNs in one hour, and the other marks; not all such hours are known. */
struct open_hour {
	uint32_t start; /* its first second */
	uint32_t roles; /* bits by enum record_role */
};

struct record {
	struct nolist_source src;
	/* Unverified contacts: anyone can forge these. */
	struct contact low;
	struct contact real;
	struct contact high;
	/* Verified evidence. */
	struct span data;        /* data on established connections to the real MX */
	uint32_t data_count;     /* connections that carried it */
	struct span data_hidden; /* as contact.hidden */
	struct span talk;        /* dialogues at the high fakes */
	uint32_t talk_hours;     /* distinct hours with dialogues, including those below */
	uint32_t bad_acks;       /* acknowledgements of numbers that we have not sent */
	struct twice walk;       /* data to the real MX shortly after a SYN to the low fake */
	struct twice visit;      /* data to the real MX */
	uint32_t walks;          /* of those that count */
	const struct hour *hour; /* hours with dialogues that are stored, ascending */
	unsigned int hours;
	const uint32_t *data_hour; /* first seconds of hours with data, ascending */
	unsigned int data_hours;
	const struct open_hour *open_hour; /* ascending; only of verified sources */
	unsigned int open_hours;
	const int64_t *lift; /* when it ended its listing from its own address, ascending */
	unsigned int lifts;
	/* Days with a SYN: bit i is i days before day (days since 1970). */
	uint32_t day;
	uint32_t days[3]; /* by enum record_role */
};

struct evidence;
struct ranges;
struct snapshot;
struct store;

/*
 * Merges the tables (NULL: there are none) and the store (NULL: there is none): records
 * of the same epoch by maximum, those of different epochs by sum. Takes over both, and
 * frees them in evidence_free(), which accepts NULL. The store must have been opened
 * after the tables were read, since a collect may move records from these to that.
 */
int evidence_new(struct evidence **ep, struct snapshot *tables, struct store *store);
/*
 * The same where only some sources are of interest: the tables have no others, walks step over what
 * is stored of others, and none can be found. What is known of all together stays as it is. only may
 * be NULL: all of them; else it must stay as long as the evidence.
 */
int evidence_new_only(struct evidence **ep, struct snapshot *tables, struct store *store,
		      const struct ranges *only);
void evidence_free(struct evidence *e);
/*
 * The same for the tables that are pinned in pin_dir, or attached, and the store in
 * state_dir. -ENOENT: there is neither. failure_of() explains the error; evidence_free()
 * may be called in any case.
 */
int evidence_open(struct evidence **ep, const char *pin_dir, const char *state_dir,
		  const struct ranges *only);
/* The same of the store alone, without the kernel; it may be empty. */
int evidence_open_stored(struct evidence **ep, const char *state_dir);
/* When tables were last collected into that store, in seconds since 1970; 0: never. */
int64_t evidence_collected(const struct evidence *e);
/*
 * The same without a walk over the tables: these sources alone are looked up there. What is known of
 * all sources together is the same, but for evidence_real_last() and evidence_data_last(): of the
 * tables only these sources count. -EAGAIN: only a walk tells whether contacts were lost.
 */
int evidence_look_up(struct evidence **ep, const char *pin_dir, const char *state_dir,
		     const struct ranges *only);
bool evidence_is_looked_up(const struct evidence *e); /* so these two may have been later */
bool evidence_is_partial(const struct evidence *e); /* of some sources only */
/* The MX addresses and own addresses in force: how many; 0: nothing is loaded. */
size_t evidence_mx(const struct evidence *e, const struct nolist_slot **mx);
/* Pardons, including those that have ended. */
struct store_pardon;
size_t evidence_pardons(const struct evidence *e, const struct store_pardon **pardons);
/* When a source ended its listing from its own address: sets r->lift and r->lifts. */
void evidence_lifts(const struct evidence *e, const struct pack_key *key, struct record *r);
bool evidence_is_stored(const struct evidence *e); /* there is a store */

enum evidence_kind {
	EVIDENCE_ALL,
	EVIDENCE_VERIFIED, /* sources with verified evidence, for or against them */
	EVIDENCE_DATA,     /* sources that sent data to the real MX */
};

/*
 * A walk in the order of addr_compare(). evidence_next() returns 1 for a record, 0 at the
 * end, or -errno; the record's pointers are valid until the next call. Only one walk at a
 * time; until its end nothing else may use tables and store, since a thread reads the next
 * records meanwhile.
 */
int evidence_start(struct evidence *e, enum evidence_kind kind);
int evidence_next(struct evidence *e, struct record *r);
/*
 * The same with work on each record, which two threads may do at the same time, on different ones.
 * An item has size bytes, a multiple of 8, and begins with its record; fn fills the rest.
 */
struct evidence_work {
	size_t size;
	void (*fn)(void *arg, void *item);
	void *arg;
};
int evidence_start_work(struct evidence *e, enum evidence_kind kind, const struct evidence_work *work);
/* *item is valid until the next call. */
int evidence_next_item(struct evidence *e, const void **item);
/* The record of one source: 1; 0: it is unknown; or -errno. Ends a walk. */
int evidence_find(struct evidence *e, const struct nolist_source *src, struct record *r);

/* The n sources that were there last. */
struct evidence_newest {
	struct pack_key key;
	int64_t last; /* seconds since 1970: the latest time in its record */
};
/*
 * Fills to[n], the latest first, equal times in the order of sources, as a walk would find them.
 * -EAGAIN: only a walk tells, or there are few; or another -errno. Not during a walk.
 */
int evidence_newest(struct evidence *e, struct evidence_newest *to, size_t n);

/* --- gaps --------------------------------------------------------------------- */

/* Spans in which verified evidence may be missing; ascending by their first second. */
size_t evidence_gaps(const struct evidence *e, const struct span **gaps);
enum gap_why {
	GAP_FULL,     /* a table was full */
	GAP_DETACHED, /* the program was not attached, or the machine was suspended */
	GAP_GONE,     /* tables were gone before they were collected, as after a reboot */
};
enum gap_why evidence_gap_why(const struct evidence *e, size_t gap); /* of one of these */

/*
 * Spans in which contacts may have been lost: too many came in a second, or so many that a table
 * or the store dropped young ones. Ascending and disjoint.
 */
enum flood_of {
	FLOOD_LOW, /* contacts with the low fake */
	FLOOD_ANY, /* with low or real */
	FLOODS
};
size_t evidence_floods(const struct evidence *e, enum flood_of of, const struct span **floods);

/* Wrong acknowledgements of all sources in an hour. */
struct evidence_acks {
	int64_t start; /* its first second */
	uint64_t count;
	int epoch; /* number of the epoch, whose clock has this hour */
};
size_t evidence_acks(const struct evidence *e, const struct evidence_acks **acks);
/* Last contact of any source with the real MX, by family (0: IPv4, 1: IPv6); 0: never. */
int64_t evidence_real_last(const struct evidence *e, int family);
/* The same with data, including imported data. */
int64_t evidence_data_last(const struct evidence *e, int family);

/* Connections to the real MX in one hour. */
struct real_hour {
	int64_t start;  /* its first second */
	uint32_t opens; /* SYNs of sources that had sent data before, so a flood adds few */
	uint32_t data;  /* connections that carried data */
};
size_t evidence_real(const struct evidence *e, int family, const struct real_hour **hours);

/* Which MX addresses were put in force, and when. */
struct mx_change {
	int64_t at;
	uint64_t mx; /* the same number for the same addresses with the same roles */
};
size_t evidence_changes(const struct evidence *e, const struct mx_change **changes);

#endif
