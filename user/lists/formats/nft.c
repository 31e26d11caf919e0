// SPDX-License-Identifier: GPL-2.0-only
/*
 * nft: two sets and no rules: loading a file with rules again would duplicate them.
 * nft -f applies all of it in one step, or nothing. The timeout of an element is the end
 * of its listing, or when the list expires: so nothing stays blocked if no list is written
 * any more.
 *
 * IPv4 sources are single addresses, a hash; only /64s need intervals.
 */
#include "user/lists/format.h"

static void set(struct writer *o, const struct format_head *head, const char *verb, int family)
{
	put_text(o, verb);
	put_text(o, head->words->name);
	put_text(o, family ? " bl6" : " bl4");
}

static void head(struct writer *o, const struct format_head *head)
{
	format_comments(o, head, "# ");
	put_text(o, "add table inet ");
	put_text(o, head->words->name);
	put_char(o, '\n');
	set(o, head, "add set inet ", 0);
	put_text(o, " { type ipv4_addr; flags timeout; }\n");
	set(o, head, "add set inet ", 1);
	put_text(o, " { type ipv6_addr; flags interval,timeout; }\n");
	set(o, head, "flush set inet ", 0);
	put_char(o, '\n');
	set(o, head, "flush set inet ", 1);
	put_char(o, '\n');
}

static void begin(struct writer *o, const struct format_head *head, int family)
{
	if (!head->family[family])
		return;
	set(o, head, "add element inet ", family);
	put_text(o, " {\n");
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	put_source(o, &of->r.src);
	put_text(o, " timeout ");
	put_number(o, format_ttl(head, of));
	put_text(o, "s,\n");
}

static void end(struct writer *o, const struct format_head *head, int family)
{
	if (head->family[family])
		put_text(o, "}\n");
}

const struct format format_nft = {
	.name = "nft",
	.reader = "nftables: two sets, for a rule of yours",
	.usage = "nft -f FILE && nft 'table inet nolist { chain input { "
		 "type filter hook input priority filter - 1; "
		 "tcp dport 25 ip saddr @bl4 reject with tcp reset; "
		 "tcp dport 25 ip6 saddr @bl6 reject with tcp reset; }; }'",
	.head = head,
	.begin = begin,
	.row = row,
	.end = end,
};
