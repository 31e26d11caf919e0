// SPDX-License-Identifier: GPL-2.0-only
/*
 * spamassassin: the rules that ask the DNS list about the host that delivered.
 * They name no source, and so do not change when the list does: no head.
 */
#include <ctype.h>

#include "user/base/version.h"
#include "user/lists/format.h"

static void rule(struct out *o, const struct out_head *head, const char *keyword, const char *end)
{
	const char *c;

	out_text(o, keyword);
	for (c = head->words->name; *c; c++)
		out_char(o, toupper((unsigned char)*c));
	out_text(o, end);
}

/* One answer of the list. */
static void answer(struct out *o, const struct out_head *head, const char *tier, const char *ip,
		   const char *what, const char *score)
{
	rule(o, head, "header RCVD_IN_", tier);
	out_text(o, " eval:check_rbl_sub('nolist-lastexternal', '");
	out_text(o, ip);
	out_text(o, "')\n");
	rule(o, head, "describe RCVD_IN_", tier);
	out_text(o, what);
	rule(o, head, "tflags RCVD_IN_", tier);
	out_text(o, " net\n");
	rule(o, head, "score RCVD_IN_", tier);
	out_text(o, score);
}

void out_spamassassin_head(struct out *o, const struct out_head *head)
{
	out_text(o, "# generator: ");
	out_text(o, nolist_generator);
	out_text(o, "\n"
		    "# asks the DNS list that the formats rbldnsd and zone make\n"
		    "ifplugin Mail::SpamAssassin::Plugin::DNSEval\n");
	rule(o, head, "header __RCVD_IN_", " eval:check_rbl('nolist-lastexternal', '");
	out_text(o, head->words->zone);
	out_text(o, ".')\n");
	rule(o, head, "tflags __RCVD_IN_", " net\n");
	answer(o, head, "", "127.0.0.2", " Sender contacts only fake mail exchangers\n",
	       " 0 3.0 0 3.0\n");
	answer(o, head, "_PROBABLE", "127.0.0.3",
	       " Sender probably contacts only fake mail exchangers\n", " 0 1.5 0 1.5\n");
	out_text(o, "endif\n");
}
