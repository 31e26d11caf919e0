// SPDX-License-Identifier: GPL-2.0-only
/*
 * spamassassin: rules that look up the delivering host in the DNS list. They contain no
 * source and do not change when the list does, so they have no head.
 */
#include <ctype.h>

#include "user/base/version.h"
#include "user/lists/format.h"

static void rule(struct writer *o, const struct format_head *head, const char *keyword,
		 const char *end)
{
	const char *c;

	put_text(o, keyword);
	for (c = head->words->name; *c; c++)
		put_char(o, toupper((unsigned char)*c));
	put_text(o, end);
}

/* A set of its own for each list: SpamAssassin asks each zone once. */
static const char *set_of(const struct format_head *head)
{
	return head->is_white ? "nolistwhite-lastexternal'" : "nolist-lastexternal'";
}

/* One answer of the list. */
struct answer {
	const char *tier, *ip, *what, *flags, *score;
};

static void put_answer(struct writer *o, const struct format_head *head, const struct answer *a)
{
	rule(o, head, "header RCVD_IN_", a->tier);
	put_text(o, " eval:check_rbl_sub('");
	put_text(o, set_of(head));
	put_text(o, ", '");
	put_text(o, a->ip);
	put_text(o, "')\n");
	rule(o, head, "describe RCVD_IN_", a->tier);
	put_text(o, a->what);
	rule(o, head, "tflags RCVD_IN_", a->tier);
	put_text(o, a->flags);
	rule(o, head, "score RCVD_IN_", a->tier);
	put_text(o, a->score);
}

static void put_answers(struct writer *o, const struct format_head *head)
{
	static const struct answer listed[] = {
		{ "", "127.0.0.2", " Sender contacts only fake mail exchangers\n", " net\n", " 0 3.0 0 3.0\n" },
		{ "_PROBABLE", "127.0.0.3", " Sender probably contacts only fake mail exchangers\n", " net\n",
		  " 0 1.5 0 1.5\n" },
	}, white = { "", "127.0.0.4", " Sender contacts the mail exchangers in their order\n", " net nice\n",
		     " 0 -1.0 0 -1.0\n" };

	if (head->is_white) {
		put_answer(o, head, &white);
		return;
	}
	put_answer(o, head, &listed[0]);
	put_answer(o, head, &listed[1]);
}

static void head(struct writer *o, const struct format_head *head)
{
	put_text(o, "# generator: ");
	put_text(o, nolist_generator);
	put_text(o, "\n"
		    "# asks the DNS list that the formats rbldnsd and zone make\n"
		    "ifplugin Mail::SpamAssassin::Plugin::DNSEval\n");
	rule(o, head, "header __RCVD_IN_", " eval:check_rbl('");
	put_text(o, set_of(head));
	put_text(o, ", '");
	put_text(o, head->words->zone);
	put_text(o, ".')\n");
	rule(o, head, "tflags __RCVD_IN_", " net\n");
	put_answers(o, head);
	put_text(o, "endif\n");
}

const struct format format_spamassassin = {
	.name = "spamassassin",
	.reader = "SpamAssassin: rules that ask the DNS list of rbldnsd or zone",
	.usage = "cp FILE /etc/spamassassin/nolist.cf",
	.takes_white = true,
	.usage_white = "cp FILE /etc/spamassassin/nolist_white.cf",
	.head = head,
};
