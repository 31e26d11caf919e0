/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of evidence share: evidence.c walks, evidence_record.c makes
 * records, evidence_site.c gathers what concerns all sources. Nobody else includes this.
 */
#ifndef NOLIST_EVIDENCE_PRIV_H
#define NOLIST_EVIDENCE_PRIV_H

#include "evidence.h"
#include "snapshot.h"
#include "store.h"

struct evidence_life {
	struct life life;                /* with the latest wall clock */
	const struct store_life *stored; /* or NULL */
	int table;                       /* number in the snapshot, or -1 */
	struct losses last;              /* as stored last */
};

/* What one life has of the source at hand. */
struct part {
	bool is_there;
	struct kept kept;
};

/* What comes next from the tables of a life. */
struct live {
	bool is_there;
	struct snapshot_walk walk;
	struct snapshot_item item;
};

struct evidence {
	struct snapshot *tables; /* perhaps empty */
	struct store *store;     /* or NULL */
	struct evidence_life *life;
	int lives;
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
	struct span *losses;
	size_t n_losses;
	struct evidence_acks *acks;
	size_t n_acks;
	int64_t real_last[2];
};

/* Makes a record of the parts that are there. */
void evidence_record(struct evidence *e, const struct pack_key *key, struct record *r);
/* Fills losses, acks and real_last. */
int evidence_gather(struct evidence *e);

#endif
