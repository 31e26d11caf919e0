/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of sources: those that are of interest, where a source is judged by its own evidence, its
 * neighbourhood's and its provider's, and not by a walk over all. Pure.
 */
#ifndef NOLIST_RANGES_H
#define NOLIST_RANGES_H

#include <stddef.h>
#include "user/base/addr.h"
#include "user/record/pack.h"

struct range {
	struct pack_key first, last;
};

/* All zero: no source. */
struct ranges {
	struct range *range;
	size_t n;
};

int ranges_add(struct ranges *r, const struct prefix *p); /* 0 or -ENOMEM */
/* To be called once after the last addition, before these below. */
void ranges_sort(struct ranges *r);
/* The first range that has this key, or later ones only; NULL: none. */
const struct range *ranges_from(const struct ranges *r, const struct pack_key *key);
bool ranges_have(const struct ranges *r, const struct pack_key *key);
/* How many sources they have; stops counting at most. */
uint64_t ranges_count(const struct ranges *r, uint64_t most);
void ranges_free(struct ranges *r);

#endif
