/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sorted run: many small records by source. It is filled first, then sorted once, then
 * read. The records are put into the order of the keys, so that a walk reads memory in order.
 */
#ifndef NOLIST_SORTED_H
#define NOLIST_SORTED_H

#include <stddef.h>
#include "user/record/pack.h"

#define SORTED_RECORD_MAX 511 /* bytes */

/* A key, and where its record is. */
struct sorted_entry {
	uint32_t key[2]; /* a number of 64 bits in host byte order; of IPv4 the address, of IPv6 the /64 */
	uint32_t at;     /* offset in bytes */
};

/* All zero: an empty run. Of each family, IPv4 first: */
struct sorted {
	struct sorted_family {
		struct sorted_entry *entry;
		size_t entries, entries_capacity;
		unsigned char *bytes;  /* each record: its length as a uint16_t, then its bytes */
		size_t used, capacity; /* of bytes */
	} family[2];
};

void sorted_free(struct sorted *s);
/* 0 or -ENOMEM; size is at most SORTED_RECORD_MAX. */
int sorted_add(struct sorted *s, const struct pack_key *key, const unsigned char *record,
	       size_t size);
/* 0, or -ENOMEM: the run is not sorted then. No key may occur twice. */
int sorted_sort(struct sorted *s);

static inline size_t sorted_count(const struct sorted *s)
{
	return s->family[0].entries + s->family[1].entries;
}

/* Index of the first entry whose key is not less; the number of entries if there is none. */
size_t sorted_find(const struct sorted *s, const struct pack_key *key);
/* Key of the entry at this index; false: the index is behind the last entry. */
bool sorted_key(const struct sorted *s, size_t at, struct pack_key *key);
/* The record's bytes, valid until sorted_free(); the index must be that of an entry. */
const unsigned char *sorted_record(const struct sorted *s, size_t at, size_t *size);
/* Moves at forward to the first entry whose key is not less; true: it has this very key. */
bool sorted_step_to(const struct sorted *s, size_t *at, const struct pack_key *key);

#endif
