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

/* One answer of the list. */
static void answer(struct writer *o, const struct format_head *head, const char *tier,
		   const char *ip, const char *what, const char *score)
{
	rule(o, head, "header RCVD_IN_", tier);
	put_text(o, " eval:check_rbl_sub('nolist-lastexternal', '");
	put_text(o, ip);
	put_text(o, "')\n");
	rule(o, head, "describe RCVD_IN_", tier);
	put_text(o, what);
	rule(o, head, "tflags RCVD_IN_", tier);
	put_text(o, " net\n");
	rule(o, head, "score RCVD_IN_", tier);
	put_text(o, score);
}

static void head(struct writer *o, const struct format_head *head)
{
	put_text(o, "# generator: ");
	put_text(o, nolist_generator);
	put_text(o, "\n"
		    "# asks the DNS list that the formats rbldnsd and zone make\n"
		    "ifplugin Mail::SpamAssassin::Plugin::DNSEval\n");
	rule(o, head, "header __RCVD_IN_", " eval:check_rbl('nolist-lastexternal', '");
	put_text(o, head->words->zone);
	put_text(o, ".')\n");
	rule(o, head, "tflags __RCVD_IN_", " net\n");
	answer(o, head, "", "127.0.0.2", " Sender contacts only fake mail exchangers\n",
	       " 0 3.0 0 3.0\n");
	answer(o, head, "_PROBABLE", "127.0.0.3",
	       " Sender probably contacts only fake mail exchangers\n", " 0 1.5 0 1.5\n");
	put_text(o, "endif\n");
}

const struct format format_spamassassin = {
	.name = "spamassassin",
	.reader = "SpamAssassin: rules that ask the DNS list of rbldnsd or zone",
	.usage = "cp FILE /etc/spamassassin/nolist.cf",
	.head = head,
};
