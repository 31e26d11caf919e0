/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which sources are added to a list, which ones wait, and which ones stay on it although a
 * hold would keep them from being added: gathered in one walk over the sources, used in the
 * next ones.
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
	size_t waits; /* so many at the end of new are not added yet; by address */
	struct nolist_source *retained; /* in the order of addresses */
	size_t n_retained;
};

/* Call both in the order of addresses. 0 or -ENOMEM. */
int admission_new(struct admission *a, const struct judged *of);
int admission_retain(struct admission *a, const struct nolist_source *src);
/*
 * Call once: adds at most limit of the new sources, those with the strongest evidence (of
 * equals the first ones); the others wait. 0 or -ENOMEM.
 */
int admission_limit(struct admission *a, size_t limit);
void admission_free(struct admission *a);

bool admission_waits(const struct admission *a, const struct nolist_source *src);
bool admission_is_retained(const struct admission *a, const struct nolist_source *src);

#endif
