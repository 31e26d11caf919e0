/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources that have so many offences that they are worth being held ("tarpit-from").
 */
#ifndef NOLIST_ENFORCE_WORST_H
#define NOLIST_ENFORCE_WORST_H

#include "user/judge/judge.h"

struct worst {
	struct nolist_source *src; /* in the order of addresses */
	size_t n, capacity;
};

/* A walk over the evidence: who has "from" offences at least; 0 or -errno, explained by failure_of(). */
int worst_find(struct worst *w, struct judge *j, unsigned int from);
/* Is the prefix one of these sources, and no wider? */
bool worst_has(const struct worst *w, const struct prefix *p);
void worst_free(struct worst *w);

#endif
