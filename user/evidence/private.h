/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of evidence share: merge.c merges, walk.c does so ahead
 * of who walks, record.c makes records, gaps.c gathers what concerns
 * all sources, real_mx.c what is known of the real MX, open.c opens all of it. Nobody
 * else includes this.
 */
#ifndef NOLIST_EVIDENCE_PRIVATE_H
#define NOLIST_EVIDENCE_PRIVATE_H

#include "user/evidence/evidence.h"
#include "user/snapshot/snapshot.h"
#include "user/store/store.h"

struct evidence_epoch {
	struct epoch epoch;               /* with the latest wall clock */
	const struct store_epoch *stored; /* or NULL */
	int table;                       /* number in the snapshot, or -1 */
	struct gap last;                 /* as stored last */
};

/* What one life has of the source at hand. */
struct part {
	bool is_there;
	struct stored stored;
};

/* What comes next from the tables of a life. */
struct live {
	bool is_there;
	struct pack_key key;
	struct snapshot_walk walk;
	struct snapshot_item item; /* of key; EVIDENCE_VERIFIED: made when it is its turn */
};

struct evidence {
	struct snapshot *tables; /* perhaps empty */
	struct store *store;     /* or NULL */
	struct evidence_epoch *epoch;
	int epochs;
	struct evidence_walk *walk;
	enum evidence_kind kind; /* of the walk */
	struct live *live;       /* by life */
	struct {
		bool is_there;
		struct store_row row;
	} row[STORE_GRADES]; /* what comes next from the store */
	struct pack_key data_key;
	bool has_data_key;
	struct part *part; /* by life */
	struct hour *hour; /* of the record at hand */
	uint32_t *data_hour;
	struct open_hour *open_hour;
	struct span *gaps;
	size_t n_gaps;
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
};

/* merge.c: a walk as such. The record's pointers live until the next step. */
int evidence_begin(struct evidence *e, enum evidence_kind kind);
int evidence_step(struct evidence *e, struct record *r);
int evidence_walk_new(struct evidence_walk **wp);
void evidence_walk_free(struct evidence_walk *w);
/* Ends a walk that may be on its way. */
void evidence_stop(struct evidence *e);
/* Makes a record of the parts that are there. */
void evidence_record(struct evidence *e, const struct pack_key *key, struct record *r);
/* Fills losses and acks. */
int evidence_gather(struct evidence *e);
/* Fills the rest of what concerns the real MX. */
int evidence_gather_real(struct evidence *e);
/* A time of a life in UTC. */
int64_t evidence_wall(const struct evidence_epoch *l, uint32_t at);

#endif
