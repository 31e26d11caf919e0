// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zone is origin.ZONE: a filter that adds to a score asks it, and what blocks has no reason to.
 */
#include <ctype.h>

#include "user/base/text.h"
#include "user/lists/wide_dns.h"

void wide_dns_head(struct writer *o, const struct format_words *words, int64_t time)
{
	const struct format_head head = { .time = time, .expires = time + WIDE_LIFE_S, .words = words };

	put_text(o, "$SOA 300 ");
	format_soa(o, &head, "");
	put_text(o, "$NS 300 ");
	put_text(o, words->ns);
	put_text(o, "\n$TTL 300\n");
}

void wide_dns_set(struct writer *o, int family)
{
	put_text(o, family ? "$DATASET ip6trie:origin6 @\n" : "$DATASET ip4trie:origin4 @\n");
	put_text(o, ":" WIDE_ANSWER ":whole networks, of which nobody was judged\n");
}

static void rule(struct writer *o, const struct format_words *words, const char *keyword, const char *end)
{
	const char *c;

	put_text(o, keyword);
	for (c = words->name; *c; c++)
		put_char(o, toupper((unsigned char)*c));
	put_text(o, "_ORIGIN");
	put_text(o, end);
}

void wide_dns_rules(struct writer *o, const struct format_words *words)
{
	put_text(o, "ifplugin Mail::SpamAssassin::Plugin::DNSEval\n");
	rule(o, words, "header __RCVD_IN_", " eval:check_rbl('nolistorigin-lastexternal', 'origin.");
	put_text(o, words->zone);
	put_text(o, ".')\n");
	rule(o, words, "tflags __RCVD_IN_", " net\n");
	rule(o, words, "header RCVD_IN_", " eval:check_rbl_sub('nolistorigin-lastexternal', '" WIDE_ANSWER "')\n");
	rule(o, words, "describe RCVD_IN_", " Sender is in a network that is noted, and was not judged\n");
	rule(o, words, "tflags RCVD_IN_", " net\n");
	rule(o, words, "score RCVD_IN_", " 0 0.5 0 0.5\n");
	put_text(o, "endif\n");
}
