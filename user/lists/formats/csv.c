// SPDX-License-Identifier: GPL-2.0-only
/*
 * csv (RFC 4180): a row of names, then one row for each source. Times are in
 * seconds since 1970, 0 where there is none. No field ever needs quotes.
 */
#include "user/lists/format.h"
#include "user/origin/origin.h"

static void head(struct writer *o, const struct format_head *head)
{
	(void)head; /* CSV has no comments */
	put_text(o, "source,verdict,since,until,low_first,low_last,low_opens,"
		    "real_first,real_last,real_opens,high_first,high_last,high_opens,"
		    "data_first,data_last,data_connections,talk_first,talk_last,talk_hours,"
		    "offences_strong,offences_weak,bad_acks,"
		    "as,country,network,owner\n");
}

static void number(struct writer *o, int64_t n)
{
	put_char(o, ',');
	put_number(o, n);
}

static void span(struct writer *o, const struct span *s, uint32_t count)
{
	number(o, s->first);
	number(o, s->last);
	number(o, count);
}

static void origin(struct writer *o, const struct origin *from)
{
	char text[ADDR_TEXT];

	put_char(o, ',');
	if (from->as)
		put_number(o, from->as);
	put_char(o, ',');
	put_text(o, from->country);
	put_char(o, ',');
	if (from->network.len)
		put_text(o, prefix_text(&from->network, text));
	put_char(o, ',');
	put_text(o, from->owner);
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	const struct record *r = &of->r;

	(void)head;
	put_source(o, &r->src);
	put_char(o, ',');
	put_text(o, judgement_names[of->v.is]);
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
	origin(o, of->origin ? of->origin : &(struct origin){});
	put_char(o, '\n');
}

const struct format format_csv = {
	.name = "csv",
	.reader = "spreadsheets and data bases, with the evidence",
	.usage = "sqlite3 bl.db \".import --csv FILE nolist\"",
	.takes_unverified = true,
	.has_evidence = true,
	.head = head,
	.row = row,
};
