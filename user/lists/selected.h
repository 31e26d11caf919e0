/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources selected for a list, with what most formats show of them: judging a million
 * sources again for each walk would double the cost of a list.
 */
#ifndef NOLIST_SELECTED_H
#define NOLIST_SELECTED_H

#include "user/lists/admission.h"

struct selected {
	struct selected_one *one;
	size_t n;
	bool is_off; /* nothing is stored (not wanted, or too many): judge the sources again */
};

/* Call in the order of addresses. 0 or -ENOMEM. */
int selected_add(struct selected *t, const struct judged *of);
/* The i-th one; sets only source, judgement, tier and end of *of. false: no more. */
bool selected_get(const struct selected *t, size_t i, struct judged *of);
/* Drops the sources that have to wait. */
void selected_drop(struct selected *t, const struct admission *a);
void selected_free(struct selected *t);

#endif
