// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of formats. usage is for FILE, and for the names that lists have
 * unless the configuration gives others.
 */
#include <string.h>

#include "user/lists/format.h"

/* As plain as plain: read by programs of many kinds. */
#define PLAIN .head = out_plain_head, .row = out_plain_row

const struct output outputs[] = {
	{
		.name = "plain",
		.reader = "people, scripts, and whatever takes one address or prefix a line",
		.usage = "grep -v '^#' FILE",
		.takes_claimed = true,
		PLAIN,
	},
	{
		.name = "csv",
		.reader = "spreadsheets and data bases, with the evidence",
		.usage = "sqlite3 bl.db \".import --csv FILE nolist\"",
		.takes_claimed = true,
		.has_evidence = true,
		.head = out_csv_head,
		.row = out_csv_row,
	},
	{
		.name = "jsonl",
		.reader = "scripts, with the evidence: a JSON object a line, the first is the head",
		.usage = "jq -r 'select(.type == \"entry\").source' FILE",
		.takes_claimed = true,
		.has_evidence = true,
		.head = out_jsonl_head,
		.row = out_jsonl_row,
	},
	{
		.name = "rbldnsd",
		.reader = "rbldnsd, a server of DNS lists",
		.usage = "rbldnsd -b ADDRESS -c 1m ZONE:combined:FILE",
		.head = out_rbldnsd_head,
		.begin = out_rbldnsd_begin,
		.row = out_rbldnsd_row,
	},
	{
		.name = "zone",
		.reader = "named, NSD, Knot and other name servers: a DNS list as a zone",
		.usage = "zone \"ZONE\" { type primary; file \"FILE\"; };",
		.head = out_zone_head,
		.row = out_zone_row,
		.source = out_zone_source,
	},
	{
		.name = "postfix",
		.reader = "Postfix' smtpd, in main.cf",
		.usage = "smtpd_client_restrictions = permit_mynetworks, "
			 "check_client_access cidr:FILE",
		.head = out_plain_head,
		.row = out_postfix_row,
	},
	{
		.name = "postscreen",
		.reader = "Postfix' postscreen, in main.cf",
		.usage = "postscreen_access_list = permit_mynetworks, cidr:FILE",
		.head = out_plain_head,
		.row = out_postscreen_row,
	},
	{
		.name = "exim",
		.reader = "Exim, in an ACL such as that of acl_smtp_connect",
		.usage = "drop hosts = FILE",
		PLAIN,
	},
	{
		.name = "sendmail",
		.reader = "sendmail with FEATURE(`access_db'), by way of makemap",
		.usage = "cat /etc/mail/access FILE | makemap hash /etc/mail/access",
		.head = out_plain_head,
		.row = out_sendmail_row,
	},
	{
		.name = "nft",
		.reader = "nftables: two sets, for a rule of yours",
		.usage = "nft -f FILE && nft 'table inet nolist { chain input { "
			 "type filter hook input priority filter - 1; "
			 "tcp dport 25 ip saddr @bl4 reject with tcp reset; "
			 "tcp dport 25 ip6 saddr @bl6 reject with tcp reset; }; }'",
		.head = out_nft_head,
		.begin = out_nft_begin,
		.row = out_nft_row,
		.end = out_nft_end,
	},
	{
		.name = "ipset",
		.reader = "iptables, by way of ipset; ip6tables in the same way, with nolist6",
		.usage = "ipset restore -file FILE && iptables -I INPUT -p tcp --dport 25 "
			 "-m set --match-set nolist4 src -j REJECT --reject-with tcp-reset",
		.head = out_plain_head,
		.begin = out_ipset_begin,
		.row = out_ipset_row,
		.end = out_ipset_end,
	},
	{
		.name = "spamd",
		.reader = "OpenBSD's spamd, in spamd.conf; IPv4 only, as spamd is",
		.usage = "nolist:black:msg=\"Your address %A contacts only fake mail "
			 "exchangers\":method=file:file=FILE:",
		.is_ip4_only = true,
		PLAIN,
	},
	{
		.name = "pf",
		.reader = "a table of pf",
		.usage = "pfctl -q -t nolist -T replace -f FILE",
		PLAIN,
	},
	{
		.name = "spamassassin",
		.reader = "SpamAssassin: rules that ask the DNS list of rbldnsd or zone",
		.usage = "cp FILE /etc/spamassassin/nolist.cf",
		.head = out_spamassassin_head,
	},
	{
		.name = "rspamd",
		.reader = "rspamd, in local.d/multimap.conf",
		.usage = "NOLIST { type = \"ip\"; map = \"FILE\"; score = 4.0; }",
		PLAIN,
	},
	{
		.name = "bird",
		.reader = "BIRD 2: blackhole routes, in bird.conf on a line of its own",
		.usage = "include \"FILE\";",
		.head = out_plain_head,
		.begin = out_bird_begin,
		.row = out_bird_row,
		.end = out_bird_end,
	},
	{}
};

const struct output *output_find(const char *name)
{
	const struct output *o;

	for (o = outputs; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}
