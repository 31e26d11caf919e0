/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence of one source as bytes, in UTC: a reader needs nothing of the epochs of the store that
 * it comes from. Fields come in the order of their bits in a mask; new ones get higher bits and come
 * last, and a reader that does not know them skips them.
 */
#ifndef NOLIST_SHARE_ROW_H
#define NOLIST_SHARE_ROW_H

#include "user/evidence/evidence.h"
#include "user/record/pack.h"
#include "user/share/bytes.h"

#define ROW_HOURS_MAX (4 * STORED_HOURS) /* of each kind; of more the last ones count */

/* A bucket: sources that lie beside each other. Buckets are in the order of addresses, IPv4 first. */
#define BUCKETS_IP4 4096  /* by the first 12 bits */
#define BUCKETS_IP6 65536 /* by bits 3 to 18 of 2000::/3; what is not in it is in the last */
#define BUCKETS (BUCKETS_IP4 + BUCKETS_IP6)
#define BUCKET_LEN_IP4 12 /* no neighbourhood that is wider can be judged by bucket */
#define BUCKET_LEN_IP6 19
uint32_t bucket_of(const struct pack_key *key);

/* Appends the row; prev: the key of the row before it, or zero. */
void row_write(struct bytes *b, const struct record *r, const struct pack_key *key,
	       const struct pack_key *prev);

/* A row that was read; the arrays of its record are its own. */
struct row {
	struct pack_key key;
	struct record r;
	struct hour *hour;
	uint32_t *data_hour;
	struct open_hour *open_hour;
	unsigned int hour_room, data_room, open_room;
};

/*
 * Reads the next row of a bucket. row->key must be that of the row before it, or zero. 1; 0: there
 * are no more; -EBADMSG: they make no sense; -ENOMEM. with: only rows that have this, others are
 * stepped over; 0: all.
 */
#define ROW_WITH_DATA (1u << 3)
int row_read(struct cursor *c, uint32_t bucket, unsigned int with, struct row *row);
void row_free(struct row *row);

#endif
