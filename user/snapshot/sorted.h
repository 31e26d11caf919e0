/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many small records by source: keys, which are sorted, and the records, put into
 * the same order afterwards, so that walks do not jump. Filled first, then sorted
 * once, then read.
 */
#ifndef NOLIST_SORTED_H
#define NOLIST_SORTED_H

#include <stddef.h>
#include "user/record/pack.h"

#define TABLE_RECORD_MAX 511 /* bytes */

/* A key, and where its record is. */
struct place {
	uint64_t high; /* the key, without what would pad it: */
	uint32_t low;  /* of IPv4 only this one, of IPv6 only the other (pack_key()) */
	uint32_t at; /* in table.bytes */
};

/* All zero: an empty one. */
struct table {
	struct place *place;
	size_t places, places_capacity;
	unsigned char *bytes; /* for each record how many there are, in two, then these */
	size_t used, capacity;
};

void table_free(struct table *t);
/* 0 or -ENOMEM; size is at most TABLE_RECORD_MAX. */
int table_add(struct table *t, const struct pack_key *key, const unsigned char *record,
	      size_t size);
/* 0 or -ENOMEM, and then there is no order; each key must be there once. */
int table_sort(struct table *t);

/* Where the first key is that is not before this one. */
size_t table_find(const struct table *t, const struct pack_key *key);
/* False: there is nothing at that place, nor at one behind it. */
bool table_key(const struct table *t, size_t at, struct pack_key *key);
const unsigned char *table_record(const struct table *t, size_t at, size_t *size);
/* Steps on to that key; true: it is at the place now. */
bool table_step_to(const struct table *t, size_t *at, const struct pack_key *key);

#endif
