// SPDX-License-Identifier: GPL-2.0-only
/*
 * nft: two sets, and no rules, since a file with rules doubles them when it is
 * loaded again. nft -f takes all of it in one step, or none. An element lives
 * until its listing ends or the list expires, so that nothing stays refused when
 * lists come no more.
 *
 * IPv4 sources are single addresses, a hash; only /64s need intervals.
 */
#include "user/lists/format.h"

static void set(struct out *o, const struct out_head *head, const char *verb, int family)
{
	out_text(o, verb);
	out_text(o, head->words->name);
	out_text(o, family ? " bl6" : " bl4");
}

void out_nft_head(struct out *o, const struct out_head *head)
{
	out_comments(o, head, "# ");
	out_text(o, "add table inet ");
	out_text(o, head->words->name);
	out_char(o, '\n');
	set(o, head, "add set inet ", 0);
	out_text(o, " { type ipv4_addr; flags timeout; }\n");
	set(o, head, "add set inet ", 1);
	out_text(o, " { type ipv6_addr; flags interval,timeout; }\n");
	set(o, head, "flush set inet ", 0);
	out_char(o, '\n');
	set(o, head, "flush set inet ", 1);
	out_char(o, '\n');
}

void out_nft_begin(struct out *o, const struct out_head *head, int family)
{
	if (!head->family[family])
		return;
	set(o, head, "add element inet ", family);
	out_text(o, " {\n");
}

void out_nft_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	out_source(o, &of->r.src);
	out_text(o, " timeout ");
	out_number(o, out_life(head, of));
	out_text(o, "s,\n");
}

void out_nft_end(struct out *o, const struct out_head *head, int family)
{
	if (head->family[family])
		out_text(o, "}\n");
}
