// SPDX-License-Identifier: GPL-2.0-only
/*
 * page: what "nolist-xdp page" looks up. Each entry is a line of the same length, in the order of
 * addresses, so that one of a million is found with twenty looks, and none as fast as one. The
 * columns are in base/page_row.h.
 */
#include <stdio.h>
#include <string.h>

#include "user/base/page_row.h"
#include "user/base/text.h"
#include "user/lists/format.h"

static long long limited(int64_t time)
{
	return time < 0 ? 0 : time > PAGE_TIME_MAX ? PAGE_TIME_MAX : time;
}

/* The last hours in which it was tempfailed and left without QUIT, the newest first. */
static void put_hours(char *text, const struct record *r)
{
	unsigned int i, n = 0;

	for (i = r->hours; i-- && n < PAGE_HOURS;) {
		const struct hour *h = &r->hour[i];

		if ((h->n[NOLIST_EVENT_TEMPFAILED] || h->n[NOLIST_EVENT_TEMPFAILED_WEAK]) &&
		    !h->n[NOLIST_EVENT_QUIT])
			sprintf(text + PAGE_HOUR * n++, "%06x", h->start / HOUR_S & 0xffffff);
	}
	memset(text + PAGE_HOUR * n, '0', PAGE_HOUR * (PAGE_HOURS - n));
	text[PAGE_HOUR * PAGE_HOURS] = '\0';
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	char text[ADDR_TEXT], hours[PAGE_HOUR * PAGE_HOURS + 1], line[PAGE_ROW + 1];
	int64_t lifted = of->r.lifts ? of->r.lift[of->r.lifts - 1] : 0;
	struct prefix p = source_prefix(&of->r.src);

	(void)head;
	prefix_text(&p, text);
	put_hours(hours, &of->r);
	snprintf(line, sizeof(line), PAGE_ROW_FORMAT, text, limited(of->v.since), limited(of->v.until),
		 verdict_tier(&of->v), of->v.walks < 9 ? of->v.walks : 9, limited(of->v.walk_next),
		 limited(lifted ? lifted + PAGE_AGAIN_DAYS * (int64_t)DAY_S : 0), hours);
	put_text(o, line);
}

static void put_line(struct writer *o, const char *key, const char *value)
{
	if (!value)
		return;
	put_text(o, key);
	put_text(o, value);
	put_char(o, '\n');
}

static void page_head(struct writer *o, const struct format_head *head)
{
	format_plain_head(o, head);
	put_line(o, PAGE_URL_HEAD, head->words->url);
	/* A list that has ended has nothing to lift. */
	put_line(o, PAGE_LIFTS_HEAD, head->is_closed ? NULL : head->words->lifts);
}

const struct format format_page = {
	.name = "page",
	.reader = "the look-up page, nolist-xdp page",
	.usage = "nolist-xdp page --list FILE",
	.has_evidence = true,
	.head = page_head,
	.row = row,
};
