// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of rules. To add one: its field in rules.h, its row here, its section in the
 * man page; the configuration's keys follow from the row.
 */
#include <limits.h>

#include "bpf/abi.h"
#include "user/base/text.h"
#include "user/config/rules.h"

#define RULE(field) offsetof(struct rules, field)

const struct rule rule_table[] = {
	{ "window", "s", 7 * DAY_S, 1, INT_MAX,
	  "a SYN to the low fake or the real MX is an alibi for this long before and after",
	  RULE(window_s) },
	{ "data-window", "s", 30 * DAY_S, 1, INT_MAX,
	  "data on an established connection to the real MX is an alibi for this long",
	  RULE(data_window_s) },
	{ "grace", "s", DAY_S, 0, INT_MAX,
	  "how long a source may take to come back to the low fake or the real MX", RULE(grace_s) },
	{ "offences", "", 2, 1, NOLIST_HOURS,
	  "in this many hours a source must have been tempfailed and have left without QUIT",
	  RULE(offences) },
	{ "offences-weak", "", 3, 1, NOLIST_HOURS,
	  "the same, if only one exact sequence number verifies it",
	  RULE(offences_weak) },
	{ "bad-acks", "", 100, 0, INT_MAX,
	  "weak evidence of a source with more wrong acknowledgements than this does not count",
	  RULE(bad_acks) },
	{ "bad-acks-all", "", 1 << 20, 0, INT_MAX, "the same, for those of all sources in one hour",
	  RULE(bad_acks_all) },
	{ "listing", "s", 7 * DAY_S, 1, INT_MAX,
	  "how long a source stays listed after its last offence", RULE(listing_s) },
	{ "real-mx-seen", "s", DAY_S, 1, INT_MAX,
	  "no source is added to a list unless a sender was at the real MX within this time",
	  RULE(real_seen_s) },
	{ "real-mx-opens", "", 4, 1, INT_MAX,
	  "an hour is unhealthy if known senders opened this many connections to the real "
	  "MX in it, and fewer than half carried data",
	  RULE(real_opens) },
	{ "real-mx-usual", "", 10, 1, INT_MAX,
	  "or if it had no data, and the same hour of the last 7 days had this many connections "
	  "with data",
	  RULE(real_usual) },
	{ "learning", "s", DAY_S, 0, INT_MAX,
	  "offences within this time after the first load, or a change of MX addresses, do not "
	  "count",
	  RULE(learning_s) },
	{ "neighbours-ip4", "bits", 24, 16, 32,
	  "addresses of an IPv4 network of this prefix length share their verified alibis",
	  RULE(neighbours_ip4) },
	{ "neighbours-ip6", "bits", 48, 32, 64, "the same for IPv6", RULE(neighbours_ip6) },
	{ "list-life", "s", 2 * DAY_S, 1, INT_MAX,
	  "how long a list may be used after it was written", RULE(list_life_s) },
	{ "pardon", "s", 30 * DAY_S, 1, INT_MAX,
	  "how long a pardon keeps an address or prefix off every list", RULE(pardon_s) },
	{ "growth", "%", 20, 0, 10000,
	  "a list grows by at most this many percent a day; the strongest evidence comes first",
	  RULE(growth) },
	{ "growth-min", "", 1000, 0, INT_MAX, "or by this many sources, if that is more",
	  RULE(growth_min) },
	{ "accepted-frees", "", 2, 0, 35,
	  "mail that was accepted after all filters on this many days frees a listed source; 0: never",
	  RULE(accepted_frees) },
	{ "greylist-wait", "s", 60, 0, DAY_S,
	  "policyd: a sender that never walked is deferred once, for this long",
	  RULE(greylist_wait_s) },
	{ "origin-wait", "s", 0, 0, DAY_S,
	  "policyd: this long instead, if hardly a source of its autonomous system is not listed; 0: as others",
	  RULE(origin_wait_s) },
	{}
};

unsigned int *rules_value(struct rules *rules, const struct rule *rule)
{
	return (unsigned int *)((char *)rules + rule->offset);
}

void rules_init(struct rules *rules)
{
	const struct rule *r;

	for (r = rule_table; r->name; r++)
		*rules_value(rules, r) = r->initial;
}
