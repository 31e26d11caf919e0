// SPDX-License-Identifier: GPL-2.0-only
/*
 * sendmail: lines of its access map, source for makemap(8). It knows no prefixes
 * but those that end between groups: a /64 is its four groups, each written out,
 * as sendmail writes addresses since 8.15.
 */
#include "user/lists/format.h"

void out_sendmail_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	const struct nolist_source *src = &of->r.src;

	out_text(o, "Connect:");
	if (addr_is_ip4(&src->addr)) {
		out_ip4(o, src);
	} else {
		out_text(o, "IPv6:");
		out_groups(o, src);
	}
	/* In quotes it is one token to sendmail's rewriting, whatever is in it. */
	out_text(o, "\tERROR:5.7.1:\"550 ");
	out_reason(o, head, src);
	out_text(o, "\"\n");
}
