/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of each source, as user space sees it: what the tables say now and
 * what is stored of them and of those before, merged by source, with times in UTC
 * seconds. Records are made one by one, in order, from what is packed or on disk,
 * so that millions of sources need no memory.
 */
#ifndef NOLIST_EVIDENCE_H
#define NOLIST_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "bpf/abi.h"
#include "user/base/text.h"
#include "user/record/span.h"

/* Segments that open a connection to one role. */
struct contact {
	struct span when;
	uint32_t opens;
};

/* What was verified at the high fakes in one hour; meanings as in struct nolist_hour. */
struct hour {
	uint32_t start; /* its first second */
	uint16_t n[NOLIST_EVENT_SLOTS]; /* by enum nolist_event, those of a newer program as well */
};

enum record_role { RECORD_LOW, RECORD_REAL, RECORD_HIGH };

/* SYNs in one hour; not all such hours are known. */
struct open_hour {
	uint32_t start; /* its first second */
	uint32_t roles; /* bits by enum record_role */
};

struct record {
	struct nolist_source src;
	/* Claimed: anyone can forge these. */
	struct contact low;
	struct contact real;
	struct contact high;
	/* Verified. */
	struct span data;        /* data on established connections to the real MX */
	uint32_t data_count;     /* connections that carried it */
	struct span talk;        /* dialogues at the high fakes */
	uint32_t talk_hours;     /* distinct hours with dialogues, also those below */
	uint32_t bad_acks;       /* acknowledgements that were not ours */
	const struct hour *hour; /* such hours that are kept, ascending */
	unsigned int hours;
	const uint32_t *data_hour; /* hours in which data came, their first seconds */
	unsigned int data_hours;
	const struct open_hour *open_hour; /* ascending; of who has verified anything */
	unsigned int open_hours;
	/* Days with a SYN: bit i is i days before day (days since 1970). */
	uint32_t day;
	uint32_t days[3]; /* by enum record_role */
};

struct evidence;
struct snapshot;
struct store;

/*
 * What the tables say (NULL: there are none) and what is stored (NULL: nothing
 * is), as one: the same life by maximum, others by sum. Takes both over, and frees
 * them with evidence_free(), which is safe on NULL. The store must have been
 * opened after the tables were read, since a record may go from these to that.
 */
int evidence_new(struct evidence **ep, struct snapshot *tables, struct store *store);
void evidence_free(struct evidence *e);
/*
 * The same of the tables pinned in pin_dir, or attached, and of the store in state_dir.
 * -ENOENT: there is neither. Failures are explained by failure_of(); evidence_free() is
 * safe afterwards.
 */
int evidence_open(struct evidence **ep, const char *pin_dir, const char *state_dir);
/* The MX addresses and own addresses that programs work with now; none: nothing is loaded. */
size_t evidence_mx(const struct evidence *e, const struct nolist_slot **mx);
/* Pardons, also those that are over. */
struct store_pardon;
size_t evidence_pardons(const struct evidence *e, const struct store_pardon **pardons);
bool evidence_is_stored(const struct evidence *e); /* there is a store */

enum evidence_kind {
	EVIDENCE_ALL,
	EVIDENCE_VERIFIED, /* who has verified anything, good or bad */
	EVIDENCE_DATA,     /* who carried data to the real MX */
};

/*
 * A walk in the order of addr_compare(): evidence_next() says 1 for a record, 0 at
 * the end, or -errno; the record's pointers live until the next call. One walk at a
 * time; until it has come to its end tables and store are nobody else's, since a
 * thread makes the next records meanwhile.
 */
int evidence_start(struct evidence *e, enum evidence_kind kind);
int evidence_next(struct evidence *e, struct record *r);
/* One source, which ends a walk: 1, 0 if it is not known, or -errno. */
int evidence_find(struct evidence *e, const struct nolist_source *src, struct record *r);

/* --- what was lost ------------------------------------------------------------ */

/* Verified evidence was lost in these spans, in seconds since 1970; ascending. */
size_t evidence_gaps(const struct evidence *e, const struct span **gaps);

/* Wrong acknowledgements of all sources in an hour. */
struct evidence_acks {
	int64_t start; /* its first second */
	uint64_t count;
	int epoch; /* whose hours these are */
};
size_t evidence_acks(const struct evidence *e, const struct evidence_acks **acks);
/* When anyone was last at the real MX, by family (0: IPv4, 1: IPv6); 0: never. */
int64_t evidence_real_last(const struct evidence *e, int family);
/* The same with data, or imported. */
int64_t evidence_data_last(const struct evidence *e, int family);

/* Connections to the real MX in one hour. */
struct real_hour {
	int64_t start;  /* its first second */
	uint32_t opens; /* SYNs of sources that had sent data: nobody can forge many */
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
