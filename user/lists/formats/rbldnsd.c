// SPDX-License-Identifier: GPL-2.0-only
/*
 * rbldnsd: a "combined" data set for the zone that its command line names. Set types that
 * can hold several answers are larger, so they are used only if a list has two. The test
 * entries of RFC 5782 5 are always there: 127.0.0.2 is listed and 127.0.0.1 is not, and
 * the same for both as v4-mapped IPv6. A list that has ended has none, so that whoever looks
 * for them finds out.
 *
 * rbldnsd stops answering for the zone if its time stamp is in the future, or has expired.
 * The first must not happen to hosts whose clocks differ; the second is wanted: a
 * forgotten list must not block mail.
 */
#include <time.h>

#include "user/lists/format.h"
#include "user/lists/white.h"

#define SKEW_S 60 /* clocks may differ by this */

static void stamp(struct writer *o, const struct format_head *head)
{
	time_t time = head->time - SKEW_S;
	char text[32];
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(text, sizeof(text), "%Y:%m:%d:%H:%M:%S", &tm);
	put_text(o, "$TIMESTAMP ");
	put_text(o, text);
	put_text(o, " +");
	put_number(o, head->expires - time);
	put_text(o, "s\n");
}

static void head(struct writer *o, const struct format_head *head)
{
	format_comments(o, head, "# ");
	put_text(o, "$SOA 300 ");
	format_soa(o, head, "");
	put_text(o, "$NS 300 ");
	put_text(o, head->words->ns);
	put_text(o, "\n$TTL 300\n");
	stamp(o, head);
}

static void set_head(struct writer *o, const struct format_head *head, const char *type)
{
	put_text(o, "$DATASET ");
	put_text(o, type);
	/* For the base zone itself; '$' in the text is the address, as in our own reason. */
	put_text(o, " @\n:127.0.0.");
	put_number(o, head->is_white ? WHITE_ANSWER : 2);
	put_char(o, ':');
	put_text(o, head->words->reason);
	put_char(o, '\n');
}

static void begin(struct writer *o, const struct format_head *head, int family)
{
	if (!family) {
		set_head(o, head, head->probable[0] ? "ip4set:ip4" : "ip4tset:ip4");
		put_text(o, head->is_closed ? "" : "127.0.0.2\n");
	} else {
		/* ip6tset takes less than half the memory, but /64s only. */
		set_head(o, head, head->probable[1] ? "ip6trie:ip6" : "ip6trie:test6");
		put_text(o, head->is_closed ? "" : "::ffff:7f00:2/128\n");
		if (!head->probable[1])
			set_head(o, head, "ip6tset:ip6");
	}
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	if (addr_is_ip4(&of->r.src.addr))
		put_ip4(o, &of->r.src);
	else if (head->probable[1])
		put_source(o, &of->r.src);
	else
		put_groups(o, &of->r.src);
	if (!head->is_white && verdict_tier(&of->v) != 2) {
		put_text(o, " :127.0.0.");
		put_number(o, verdict_tier(&of->v));
		put_char(o, ':');
		put_text(o, head->words->reason);
	}
	put_char(o, '\n');
}

const struct format format_rbldnsd = {
	.name = "rbldnsd",
	.reader = "rbldnsd, a server of DNS lists",
	.usage = "rbldnsd -b ADDRESS -c 1m ZONE:combined:FILE",
	.takes_white = true,
	.usage_white = "rbldnsd -b ADDRESS -c 1m white.ZONE:combined:FILE",
	.head = head,
	.begin = begin,
	.row = row,
};
