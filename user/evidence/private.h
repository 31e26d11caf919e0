/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of evidence share: merge.c merges tables and store, walk.c reads ahead,
 * record.c makes records, gaps.c gathers gaps and wrong acknowledgements, real_mx.c the
 * evidence of the real MX, newest.c finds the sources that were there last, open.c opens all of it, stored.c what is in the store. Only these
 * files include this header.
 */
#ifndef NOLIST_EVIDENCE_PRIVATE_H
#define NOLIST_EVIDENCE_PRIVATE_H

#include "user/evidence/evidence.h"
#include "user/record/ranges.h"
#include "user/snapshot/snapshot.h"
#include "user/store/store.h"

struct evidence_epoch {
	struct epoch epoch;               /* with the latest wall clock */
	const struct store_epoch *stored; /* or NULL */
	int table;                        /* number in the snapshot, or -1 */
	struct gap last;                  /* the last stored interval */
};

/* The records of the current source in one epoch, of tables and store together. */
struct part {
	bool is_there;
	struct stored stored;
};

/* The next source from the tables of an epoch. */
struct live {
	bool is_there;
	struct pack_key key;
	struct snapshot_walk walk;
	struct snapshot_item item; /* of key; with EVIDENCE_VERIFIED filled only when needed */
};

struct evidence {
	struct snapshot *tables; /* perhaps empty */
	struct store *store;     /* or NULL */
	const struct ranges *only; /* or NULL: all sources */
	struct evidence_epoch *epoch;
	int epochs;
	struct evidence_walk *walk;
	enum evidence_kind kind; /* of the walk */
	struct live *live;       /* by epoch */
	struct {
		bool is_there;
		struct store_row row;
	} row[STORE_GRADES]; /* the next row of each grade from the store */
	struct pack_key data_key;
	bool has_data_key;
	struct part *part; /* by epoch */
	struct hour *hour; /* of the current record, as the next two */
	uint32_t *data_hour;
	struct open_hour *open_hour;
	struct evidence_gap {
		struct span when;
		enum gap_why why;
	} *gap;
	struct span *gaps; /* the same without why */
	size_t n_gaps;
	struct span *flood[FLOODS];
	size_t floods[FLOODS];
	struct evidence_acks *acks;
	size_t n_acks;
	int64_t real_last[2], data_last[2];
	struct real_hour *real[2]; /* by family */
	size_t reals[2];
	struct mx_change *change;
	size_t changes;
	/* By evidence_open(): */
	struct nolist_slot *mx;
	size_t mxs;
	struct store_pardon *pardon;
	size_t pardons;
	struct pack_key *lift_key; /* whose lift[] is, ascending */
	int64_t *lift;
	size_t lifts;
};

/* merge.c: a walk without a thread. The record's pointers are valid until the next step. */
int evidence_begin(struct evidence *e, enum evidence_kind kind);
int evidence_step(struct evidence *e, struct record *r);
int evidence_walk_new(struct evidence_walk **wp);
void evidence_walk_free(struct evidence_walk *w);
/* Ends a walk, if there is one. */
void evidence_stop(struct evidence *e);
/* The epoch that the store knows by this number: its index, or -1. */
int evidence_epoch_of(const struct evidence *e, int stored_id);
/* A packed time in UTC: seconds since 1970, at least 1 and at most 32 bits; 0: never. */
int64_t record_wall(uint32_t at, int64_t wall_s);
/* Makes a record of all parts that are there. */
void evidence_record(struct evidence *e, const struct pack_key *key, struct record *r);
int evidence_read_pardons(struct evidence *e);
/* Fills gaps and acks. */
int evidence_gather(struct evidence *e);
/* Fills real_last, data_last, real and change. */
int evidence_gather_real(struct evidence *e);
/* A packed time of an epoch in seconds since 1970. */
int64_t evidence_wall(const struct evidence_epoch *epoch, uint32_t at);

#endif
