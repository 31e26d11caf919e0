// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence -> the facts of a decision.
 */
#include "user/evidence/as_of.h"
#include "user/lists/policy_row.h"

/* Three lists that did not come are too many. */
static int64_t good_for(const struct judge *j)
{
	int64_t three = 3ll * j->conf->dump_s;

	return three > HOUR_S ? three : HOUR_S;
}

/* Nobody was seen then, neither at the low fake nor at the real MX. */
static void add_detached(struct policy_facts *f, const struct judge *j)
{
	const struct span *gap;
	size_t i, gaps = evidence_gaps(j->evidence, &gap);

	for (i = 0; i < gaps && gap[i].first <= j->now; i++)
		if (evidence_gap_why(j->evidence, i) != GAP_FULL && gap[i].last > f->limited_last)
			f->limited_last = gap[i].last;
}

void policy_row_site(struct policy_facts *f, const struct judge *j)
{
	size_t i = j->site.floods[FLOOD_LOW];

	f->good_until = j->now + good_for(j);
	f->learning_until = site_learning_until(&j->site, j->now);
	while (i && j->site.flood[FLOOD_LOW][i - 1].first > j->now)
		i--;
	if (i)
		f->limited_last = j->site.flood[FLOOD_LOW][i - 1].last;
	add_detached(f, j);
}

void policy_row_source(struct policy_facts *f, const struct judge *j, const struct judged *of,
		       bool is_listed, int64_t expires)
{
	struct span data = asof_data(&of->r, j->now, j->site.is_replay);

	if (is_listed)
		f->listed_until = of->v.until > j->now ? of->v.until : expires;
	if (data.last && j->now - data.last <= j->rules.data_window_s && of->v.is != JUDGED_TEST) {
		f->data_first = data.first;
		f->data_last = data.last;
	}
}

int64_t policy_row_low(const struct judge *j, const struct record *r)
{
	struct span low = asof_opens(r, RECORD_LOW, j->now, j->site.is_replay);

	return low.last && j->now - low.last <= j->rules.window_s ? low.last : 0;
}
