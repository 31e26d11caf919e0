// SPDX-License-Identifier: GPL-2.0-only
/*
 * plain: one IPv4 address or IPv6 /64 a line, after comments. Many programs read
 * just this; they are rows of their own in lists/formats.c.
 */
#include "user/lists/format.h"

void out_plain_head(struct out *o, const struct out_head *head)
{
	out_comments(o, head, "# ");
}

void out_plain_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	(void)head;
	out_source(o, &of->r.src);
	out_char(o, '\n');
}
