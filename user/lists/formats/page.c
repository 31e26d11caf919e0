// SPDX-License-Identifier: GPL-2.0-only
/*
 * page: what "nolist-xdp page" looks up. Each entry is a line of the same length, in the order of
 * addresses, so that one of a million is found with twenty looks, and none as fast as one. The
 * columns are in base/page_row.h.
 */
#include <stdio.h>

#include "user/base/page_row.h"
#include "user/lists/format.h"

static long long limited(int64_t time)
{
	return time < 0 ? 0 : time > PAGE_TIME_MAX ? PAGE_TIME_MAX : time;
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	struct prefix p = source_prefix(&of->r.src);
	char text[ADDR_TEXT], line[PAGE_ROW + 1];

	(void)head;
	prefix_text(&p, text);
	snprintf(line, sizeof(line), PAGE_ROW_FORMAT, text, limited(of->v.since), limited(of->v.until),
		 verdict_tier(&of->v), of->v.walks < 9 ? of->v.walks : 9, limited(of->v.walk_next));
	put_text(o, line);
}

const struct format format_page = {
	.name = "page",
	.reader = "the look-up page, nolist-xdp page",
	.usage = "nolist-xdp page --list FILE",
	.has_evidence = true,
	.head = format_plain_head,
	.row = row,
};
