/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policy service is told of a source and the site, for the list format "policy".
 */
#ifndef NOLIST_POLICY_ROW_H
#define NOLIST_POLICY_ROW_H

#include "user/judge/judge.h"
#include "user/policy/decide.h"

/* For all sources; has_low is of a family, and left to the caller. */
void policy_row_site(struct policy_facts *f, const struct judge *j);
/* expires: of the list that it is on. */
void policy_row_source(struct policy_facts *f, const struct judge *j, const struct judged *of,
		       bool is_listed, int64_t expires);
/* Its latest contact with the low fake within the window; 0: none. */
int64_t policy_row_low(const struct judge *j, const struct record *r);

#endif
