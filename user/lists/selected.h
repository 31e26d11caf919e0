/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who was found to be on a list, as far as most formats tell of him: to judge a
 * million sources again for each walk would double what a list costs.
 */
#ifndef NOLIST_TAKEN_H
#define NOLIST_TAKEN_H

#include "user/lists/admission.h"

struct taken {
	struct taken_one *one;
	size_t n;
	bool is_off; /* not to be kept, or too many: sources are judged again */
};

/* In the order of addresses. 0 or -ENOMEM. */
int taken_add(struct taken *t, const struct judged *of);
/* The i-th, into a judged of which only source, judgement, tier and end are set; false: no more. */
bool taken_get(const struct taken *t, size_t i, struct judged *of);
/* Takes out who has to wait. */
void taken_drop(struct taken *t, const struct admit *a);
void taken_free(struct taken *t);

#endif
