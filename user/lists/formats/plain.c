// SPDX-License-Identifier: GPL-2.0-only
/*
 * plain: one IPv4 address or IPv6 /64 a line, after comments. Many programs read
 * just this; they are formats of their own.
 */
#include "user/lists/format.h"

void format_plain_head(struct writer *o, const struct format_head *head)
{
	format_comments(o, head, "# ");
}

void format_plain_row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	(void)head;
	put_source(o, &of->r.src);
	put_char(o, '\n');
}

const struct format format_plain = {
	.name = "plain",
	.reader = "people, scripts, and programs that read one address or prefix a line",
	.usage = "grep -v '^#' FILE",
	.takes_unverified = true,
	.takes_white = true,
	.never_ends = true,
	.head = format_plain_head,
	.row = format_plain_row,
};

const struct format format_exim = {
	.name = "exim",
	.reader = "Exim, in an ACL such as that of acl_smtp_connect",
	.usage = "drop hosts = FILE",
	.takes_white = true,
	.usage_white = "accept hosts = FILE",
	.never_ends = true,
	.head = format_plain_head,
	.row = format_plain_row,
};

const struct format format_spamd = {
	.name = "spamd",
	.reader = "OpenBSD's spamd, in spamd.conf; IPv4 only, as spamd is",
	.usage = "nolist:black:msg=\"Your address %A contacts only fake mail "
		 "exchangers\":method=file:file=FILE:",
	.is_ip4_only = true,
	.never_ends = true,
	.head = format_plain_head,
	.row = format_plain_row,
};

const struct format format_pf = {
	.name = "pf",
	.reader = "a table of pf",
	.usage = "pfctl -q -t nolist -T replace -f FILE",
	.never_ends = true,
	.head = format_plain_head,
	.row = format_plain_row,
};

const struct format format_rspamd = {
	.name = "rspamd",
	.reader = "rspamd, in local.d/multimap.conf",
	.usage = "NOLIST { type = \"ip\"; map = \"FILE\"; score = 4.0; }",
	.takes_white = true,
	.usage_white = "NOLIST_WHITE { type = \"ip\"; map = \"FILE\"; score = -1.0; }",
	.never_ends = true,
	.head = format_plain_head,
	.row = format_plain_row,
};
