/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is added to a list, who has to wait, and who n_retained on it though a hold would
 * not let him in: gathered in one walk over the sources, asked in the next ones.
 */
#ifndef NOLIST_ADMISSION_H
#define NOLIST_ADMISSION_H

#include "user/judge/judge.h"

struct admission {
	struct admission_new {
		struct nolist_source src;
		uint64_t strength; /* of its evidence */
	} * new;
	size_t news;
	size_t waits; /* of these, so many at the end do not come in; by address */
	struct nolist_source *retained; /* in the order of addresses */
	size_t n_retained;
};

/* Sources come in the order of addresses. 0 or -ENOMEM. */
int admission_new(struct admission *a, const struct judged *of);
int admission_retain(struct admission *a, const struct nolist_source *src);
/*
 * Once: lets in no more than limit of the new ones, those with the strongest evidence;
 * among equals the first ones. 0 or -ENOMEM.
 */
int admission_limit(struct admission *a, size_t limit);
void admission_free(struct admission *a);

bool admission_waits(const struct admission *a, const struct nolist_source *src);
bool admission_is_retained(const struct admission *a, const struct nolist_source *src);

#endif
