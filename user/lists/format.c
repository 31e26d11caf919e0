// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the formats share.
 */

#include "user/base/version.h"
#include "user/lists/format.h"
#include "user/lists/white.h"

static void comment(struct writer *o, const char *mark, const char *key)
{
	put_text(o, mark);
	put_text(o, key);
	put_text(o, ": ");
}

void format_comments(struct writer *o, const struct format_head *head, const char *mark)
{
	int i;

	comment(o, mark, "generator");
	put_text(o, nolist_generator);
	put_char(o, '\n');
	comment(o, mark, "time");
	put_time(o, head->time);
	put_char(o, '\n');
	comment(o, mark, "expires");
	put_time(o, head->expires);
	put_char(o, '\n');
	comment(o, mark, "count");
	put_number(o, head->count);
	put_char(o, '\n');
	comment(o, mark, "sha256");
	put_text(o, head->digest);
	put_char(o, '\n');
	if (head->is_white) {
		comment(o, mark, "white");
		put_text(o, "senders that walked, and of which nothing bad is known: to let in, never to refuse\n");
	}
	if (head->never_ends) {
		comment(o, mark, "note");
		put_text(o, "no reader looks at the time that it expires: do not load it after that\n");
	}
	if (head->is_unverified) {
		comment(o, mark, "warning");
		put_text(o, "unverified: a forged SYN can put anyone on this list\n");
	}
	for (i = 0; i < head->notes; i++) {
		comment(o, mark, "warning");
		put_text(o, head->note[i]);
		put_char(o, '\n');
	}
}

void format_soa(struct writer *o, const struct format_head *head, const char *name_end)
{
	put_text(o, head->words->ns);
	put_text(o, name_end);
	put_char(o, ' ');
	put_text(o, head->words->hostmaster);
	put_text(o, name_end);
	put_char(o, ' ');
	put_number(o, head->time);
	put_text(o, " 600 300 ");
	put_number(o, head->expires - head->time);
	put_text(o, " 60\n");
}

void format_reason(struct writer *o, const struct format_head *head,
		   const struct nolist_source *src)
{
	const char *c;

	for (c = head->words->reason; *c; c++) {
		if (*c == '$')
			put_source(o, src);
		else
			put_char(o, *c);
	}
}

int format_answer(const struct format_head *head, const struct judged *of)
{
	return head->is_white ? WHITE_ANSWER : verdict_tier(&of->v);
}

int64_t format_ttl(const struct format_head *head, const struct judged *of, int64_t max)
{
	int64_t until = of->v.until < head->expires ? of->v.until : head->expires;
	int64_t ttl = until > head->time ? until - head->time : 1;

	return ttl < max ? ttl : max;
}
