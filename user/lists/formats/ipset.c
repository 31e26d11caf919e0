// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipset: for "ipset restore". A new set is filled and then swapped with the one in use.
 * Leftovers of an interrupted attempt are flushed first. The timeout of an element is the
 * end of its listing, or when the list expires.
 */
#include <stdio.h>

#include "user/lists/format.h"

/* Never change these: "create -exist" would fail for an existing set. */
#define OPTIONS " hashsize 4096 maxelem 16777216 timeout 86400 -exist\n"

#define TIMEOUT_MAX 2147483 /* seconds: more than that "ipset" refuses, and all of the file */

static void set(struct writer *o, const struct format_head *head, const char *verb, int family,
		const char *more)
{
	put_text(o, verb);
	put_text(o, head->words->name);
	put_char(o, family ? '6' : '4');
	put_text(o, more);
}

static void begin(struct writer *o, const struct format_head *head, int family)
{
	const char *type = family ? " hash:net family inet6" OPTIONS : " hash:ip family inet" OPTIONS;

	set(o, head, "create ", family, type);
	set(o, head, "create ", family, ".new");
	put_text(o, type);
	set(o, head, "flush ", family, ".new\n");
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	set(o, head, "add ", !addr_is_ip4(&of->r.src.addr), ".new ");
	put_source(o, &of->r.src);
	put_text(o, " timeout ");
	put_number(o, format_ttl(head, of, TIMEOUT_MAX));
	put_char(o, '\n');
}

static void end(struct writer *o, const struct format_head *head, int family)
{
	set(o, head, "swap ", family, " ");
	set(o, head, "", family, ".new\n");
	set(o, head, "destroy ", family, ".new\n");
}

static void ask(char text[FORMAT_ASK], const struct format_head *head, int family,
		const struct nolist_source *first)
{
	char addr[ADDR_TEXT] = "";

	if (first)
		addr_text(&first->addr, addr);
	snprintf(text, FORMAT_ASK, "-q %s %s%c %s", first ? "test" : "-t list", head->words->name,
		 family ? '6' : '4', addr);
}

const struct format format_ipset = {
	.name = "ipset",
	.reader = "iptables, by way of ipset; ip6tables in the same way, with nolist6",
	.usage = "ipset restore -file FILE && iptables -I INPUT -p tcp --dport 25 "
		 "-m set --match-set nolist4 src -j REJECT --reject-with tcp-reset",
	.head = format_plain_head,
	.begin = begin,
	.row = row,
	.end = end,
	.ask = ask,
	.never_ends = true,
};
