// SPDX-License-Identifier: GPL-2.0-only
/*
 * csv (RFC 4180): a row of names, then one row for each source. Times are in
 * seconds since 1970, 0 where there is none. No field ever needs quotes.
 */
#include "user/lists/format.h"

void out_csv_head(struct out *o, const struct out_head *head)
{
	(void)head; /* CSV has no comments */
	out_text(o, "source,verdict,since,until,low_first,low_last,low_opens,"
		    "real_first,real_last,real_opens,high_first,high_last,high_opens,"
		    "data_first,data_last,data_connections,talk_first,talk_last,talk_hours,"
		    "offences_strong,offences_weak,bad_acks\n");
}

static void number(struct out *o, int64_t n)
{
	out_char(o, ',');
	out_number(o, n);
}

static void span(struct out *o, const struct span *s, uint32_t count)
{
	number(o, s->first);
	number(o, s->last);
	number(o, count);
}

void out_csv_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	const struct record *r = &of->r;

	(void)head;
	out_source(o, &r->src);
	out_char(o, ',');
	out_text(o, judgement_names[of->v.is]);
	number(o, of->v.since);
	number(o, of->v.until);
	span(o, &r->low.when, r->low.opens);
	span(o, &r->real.when, r->real.opens);
	span(o, &r->high.when, r->high.opens);
	span(o, &r->data, r->data_count);
	span(o, &r->talk, r->talk_hours);
	number(o, of->v.strong);
	number(o, of->v.weak);
	number(o, r->bad_acks);
	out_char(o, '\n');
}
