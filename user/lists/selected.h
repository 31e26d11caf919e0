/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who was found to be on a list, as far as most formats tell of him: to judge a
 * million sources again for each walk would double what a list costs.
 */
#ifndef NOLIST_SELECTED_H
#define NOLIST_SELECTED_H

#include "user/lists/admission.h"

struct selected {
	struct selected_one *one;
	size_t n;
	bool is_off; /* not to be kept, or too many: sources are judged again */
};

/* In the order of addresses. 0 or -ENOMEM. */
int selected_add(struct selected *t, const struct judged *of);
/* The i-th, into a judged of which only source, judgement, tier and end are set; false: no more. */
bool selected_get(const struct selected *t, size_t i, struct judged *of);
/* Takes out who has to wait. */
void selected_drop(struct selected *t, const struct admission *a);
void selected_free(struct selected *t);

#endif
