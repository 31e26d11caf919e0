// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of formats. usage is for FILE, and for the names that lists have
 * unless the configuration gives others.
 */
#include <string.h>

#include "out.h"

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
		.head = out_csv_head,
		.row = out_csv_row,
	},
	{
		.name = "jsonl",
		.reader = "scripts, with the evidence: a JSON object a line, the first is the head",
		.usage = "jq -r 'select(.type == \"entry\").source' FILE",
		.takes_claimed = true,
		.head = out_jsonl_head,
		.row = out_jsonl_row,
	},
	{
		.name = "exim",
		.reader = "Exim, in an ACL such as that of acl_smtp_connect",
		.usage = "drop hosts = FILE",
		PLAIN,
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
		.name = "rspamd",
		.reader = "rspamd, in local.d/multimap.conf",
		.usage = "NOLIST { type = \"ip\"; map = \"FILE\"; score = 4.0; }",
		PLAIN,
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
