// SPDX-License-Identifier: GPL-2.0-only
/*
 * rbldnsd: a "combined" data set for the zone that its command line names. Sets of
 * all answers but one are larger, and taken only where a list has two. The
 * test entries of RFC 5782 5 are always there: 127.0.0.2 is listed and 127.0.0.1
 * is not, and the same for them as v4-mapped IPv6.
 *
 * A time stamp in the future takes the whole zone off the air, and so does one
 * that has expired: the first must not happen to hosts whose clocks differ, the
 * second shall, for nobody is to be refused by a forgotten list.
 */
#include <time.h>

#include "user/lists/format.h"

#define SKEW_S 60 /* clocks may differ so much */

static void stamp(struct out *o, const struct out_head *head)
{
	time_t time = head->time - SKEW_S;
	char text[32];
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(text, sizeof(text), "%Y:%m:%d:%H:%M:%S", &tm);
	out_text(o, "$TIMESTAMP ");
	out_text(o, text);
	out_text(o, " +");
	out_number(o, head->expires - time);
	out_text(o, "s\n");
}

void out_rbldnsd_head(struct out *o, const struct out_head *head)
{
	out_comments(o, head, "# ");
	out_text(o, "$SOA 300 ");
	out_soa(o, head, "");
	out_text(o, "$NS 300 ");
	out_text(o, head->words->ns);
	out_text(o, "\n$TTL 300\n");
	stamp(o, head);
}

static void begin(struct out *o, const struct out_head *head, const char *type)
{
	out_text(o, "$DATASET ");
	out_text(o, type);
	/* The base zone itself, and a text in which '$' means what it means to us. */
	out_text(o, " @\n:127.0.0.2:");
	out_text(o, head->words->reason);
	out_char(o, '\n');
}

void out_rbldnsd_begin(struct out *o, const struct out_head *head, int family)
{
	if (!family) {
		begin(o, head, head->probable[0] ? "ip4set:ip4" : "ip4tset:ip4");
		out_text(o, "127.0.0.2\n");
	} else {
		/* ip6tset takes less than half the memory, but /64s only. */
		begin(o, head, head->probable[1] ? "ip6trie:ip6" : "ip6trie:test6");
		out_text(o, "::ffff:7f00:2/128\n");
		if (!head->probable[1])
			begin(o, head, "ip6tset:ip6");
	}
}

void out_rbldnsd_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	if (addr_is_ip4(&of->r.src.addr))
		out_ip4(o, &of->r.src);
	else if (head->probable[1])
		out_source(o, &of->r.src);
	else
		out_groups(o, &of->r.src);
	if (verdict_tier(&of->v) != 2) {
		out_text(o, " :127.0.0.");
		out_number(o, verdict_tier(&of->v));
		out_char(o, ':');
		out_text(o, head->words->reason);
	}
	out_char(o, '\n');
}
