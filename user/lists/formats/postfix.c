// SPDX-License-Identifier: GPL-2.0-only
/*
 * postfix and postscreen: cidr tables (cidr_table(5)). smtpd refuses with a text;
 * postscreen knows only words.
 */
#include "user/lists/format.h"

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	put_source(o, &of->r.src);
	put_text(o, "\t554 5.7.1 ");
	format_reason(o, head, &of->r.src);
	put_char(o, '\n');
}

static void postscreen_row(struct writer *o, const struct format_head *head,
			   const struct judged *of)
{
	put_source(o, &of->r.src);
	put_text(o, head->is_white ? "\tpermit\n" : "\treject\n");
}

const struct format format_postfix = {
	.name = "postfix",
	.reader = "Postfix' smtpd, in main.cf",
	.usage = "smtpd_client_restrictions = permit_mynetworks, "
		 "check_client_access cidr:FILE",
	.never_ends = true,
	.head = format_plain_head,
	.row = row,
};

const struct format format_postscreen = {
	.name = "postscreen",
	.reader = "Postfix' postscreen, in main.cf; on Debian master.cf has it switched off",
	.usage = "postscreen_access_list = permit_mynetworks, cidr:FILE",
	.takes_white = true,
	.never_ends = true,
	.head = format_plain_head,
	.row = postscreen_row,
};
