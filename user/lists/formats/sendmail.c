// SPDX-License-Identifier: GPL-2.0-only
/*
 * sendmail: lines of its access map, the source for makemap(8). A prefix can only end
 * between groups: a /64 is its four groups, each written out, as sendmail writes addresses
 * since 8.15.
 */
#include "user/lists/format.h"

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	const struct nolist_source *src = &of->r.src;

	put_text(o, "Connect:");
	if (addr_is_ip4(&src->addr)) {
		put_ip4(o, src);
	} else {
		put_text(o, "IPv6:");
		put_groups(o, src);
	}
	/* In quotes it is one token to sendmail's rewriting, whatever is in it. */
	put_text(o, "\tERROR:5.7.1:\"550 ");
	format_reason(o, head, src);
	put_text(o, "\"\n");
}

const struct format format_sendmail = {
	.name = "sendmail",
	.reader = "sendmail with FEATURE(`access_db'), by way of makemap",
	.usage = "cat /etc/mail/access FILE | makemap hash /etc/mail/access",
	.never_ends = true,
	.head = format_plain_head,
	.row = row,
};
