// SPDX-License-Identifier: GPL-2.0-only
/*
 * nft: two sets and no rules: loading a file with rules again would duplicate them.
 * nft -f applies all of it in one step, or nothing. The timeout of an element is the end
 * of its listing, or when the list expires: so nothing stays blocked if no list is written
 * any more. A timeout begins anew whenever the file is loaded, which may be after a reboot:
 * so a third set has the time in which the list may be used, and rules ask for that as well.
 *
 * IPv4 sources are single addresses, a hash; only /64s need intervals.
 */
#include <stdio.h>

#include "user/lists/format.h"

#define TIMEOUT_MAX 99999999 /* seconds: nft reads 8 digits, and refuses the file with more */

static void set(struct writer *o, const struct format_head *head, const char *verb, int family)
{
	put_text(o, verb);
	put_text(o, head->words->name);
	put_text(o, family ? " bl6" : " bl4");
}

static void fresh(struct writer *o, const struct format_head *head, const char *verb,
		  const char *more)
{
	put_text(o, verb);
	put_text(o, head->words->name);
	put_text(o, " fresh");
	put_text(o, more);
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
	fresh(o, head, "add set inet ", " { typeof meta time; flags interval; }\n");
	set(o, head, "flush set inet ", 0);
	put_char(o, '\n');
	set(o, head, "flush set inet ", 1);
	put_char(o, '\n');
	fresh(o, head, "flush set inet ", "\n");
	fresh(o, head, "add element inet ", " { 0-");
	put_number(o, head->expires);
	put_text(o, " }\n");
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
	put_number(o, format_ttl(head, of, TIMEOUT_MAX));
	put_text(o, "s,\n");
}

static void end(struct writer *o, const struct format_head *head, int family)
{
	if (head->family[family])
		put_text(o, "}\n");
}

/* -t: without the elements. */
static void ask(char text[FORMAT_ASK], const struct format_head *head, int family,
		const struct nolist_source *first)
{
	(void)first;
	snprintf(text, FORMAT_ASK, "-t list set inet %s bl%c", head->words->name,
		 family ? '6' : '4');
}

const struct format format_nft = {
	.name = "nft",
	.reader = "nftables: two sets, for a rule of yours",
	.usage = "nft -f FILE && nft 'table inet nolist { chain input { "
		 "type filter hook input priority filter - 1; "
		 "tcp dport 25 meta time @fresh ip saddr @bl4 reject with tcp reset; "
		 "tcp dport 25 meta time @fresh ip6 saddr @bl6 reject with tcp reset; }; }'",
	.head = head,
	.begin = begin,
	.row = row,
	.end = end,
	.ask = ask,
};
