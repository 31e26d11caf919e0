/* SPDX-License-Identifier: GPL-2.0-only */
/* From evidence to the verdict on each of its sources. */
#ifndef NOLIST_FUZZ_JUDGE_ALL_H
#define NOLIST_FUZZ_JUDGE_ALL_H

#include "user/evidence/evidence.h"
#include "user/judge/verdict.h"

static inline void judge_all(struct evidence *e, int64_t now)
{
	struct site site = {};
	struct rules rules;
	struct verdict v;
	struct record r;

	rules_init(&rules);
	site_take(&site, e);
	if (!site_ready(&site, &rules, now) && !evidence_start(e, EVIDENCE_ALL))
		while (evidence_next(e, &r) > 0)
			verdict_of(&r, NULL, &site, &rules, now, &v);
	site_free(&site);
}

#endif
