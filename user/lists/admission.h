/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is added to a list, who has to wait, and who stays on it though a fuse would
 * not let him in: gathered in one walk over the sources, asked in the next ones.
 */
#ifndef NOLIST_ADMIT_H
#define NOLIST_ADMIT_H

#include "user/judge/judge.h"

struct admit {
	struct admit_new {
		struct nolist_source src;
		uint64_t strength; /* of its evidence */
	} *new;
	size_t news;
	size_t waits; /* of these, so many at the end do not come in; by address */
	struct nolist_source *stay; /* in the order of addresses */
	size_t stays;
};

/* Sources come in the order of addresses. 0 or -ENOMEM. */
int admit_new(struct admit *a, const struct judged *of);
int admit_stay(struct admit *a, const struct nolist_source *src);
/*
 * Once: lets in no more than limit of the new ones, those with the strongest evidence;
 * among equals the first ones. 0 or -ENOMEM.
 */
int admit_limit(struct admit *a, size_t limit);
void admit_free(struct admit *a);

bool admit_waits(const struct admit *a, const struct nolist_source *src);
bool admit_stays(const struct admit *a, const struct nolist_source *src);

#endif
