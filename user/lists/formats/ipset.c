// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipset: for "ipset restore". Each set is filled beside the one in use and then
 * swapped with it. A rest of an earlier, broken attempt is emptied first. An
 * element lives until its listing ends or the list expires.
 */
#include "user/lists/format.h"

/* Always the same, else "create -exist" fails on the set of the day before. */
#define OPTIONS " hashsize 4096 maxelem 16777216 timeout 86400 -exist\n"

static void set(struct out *o, const struct out_head *head, const char *verb, int family,
		const char *more)
{
	out_text(o, verb);
	out_text(o, head->words->name);
	out_char(o, family ? '6' : '4');
	out_text(o, more);
}

void out_ipset_begin(struct out *o, const struct out_head *head, int family)
{
	const char *type = family ? " hash:net family inet6" OPTIONS : " hash:ip family inet" OPTIONS;

	set(o, head, "create ", family, type);
	set(o, head, "create ", family, ".new");
	out_text(o, type);
	set(o, head, "flush ", family, ".new\n");
}

void out_ipset_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	set(o, head, "add ", !addr_is_ip4(&of->r.src.addr), ".new ");
	out_source(o, &of->r.src);
	out_text(o, " timeout ");
	out_number(o, out_life(head, of));
	out_char(o, '\n');
}

void out_ipset_end(struct out *o, const struct out_head *head, int family)
{
	set(o, head, "swap ", family, " ");
	set(o, head, "", family, ".new\n");
	set(o, head, "destroy ", family, ".new\n");
}
