// SPDX-License-Identifier: GPL-2.0-only
/*
 * postfix and postscreen: cidr tables (cidr_table(5)). smtpd refuses with a text;
 * postscreen knows only words.
 */
#include "user/lists/format.h"

void out_postfix_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	out_source(o, &of->r.src);
	out_text(o, "\t554 5.7.1 ");
	out_reason(o, head, &of->r.src);
	out_char(o, '\n');
}

void out_postscreen_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	(void)head;
	out_source(o, &of->r.src);
	out_text(o, "\treject\n");
}
