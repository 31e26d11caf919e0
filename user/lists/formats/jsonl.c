// SPDX-License-Identifier: GPL-2.0-only
/*
 * jsonl: one JSON object a line. The first one is the head, the others entries.
 */
#include "user/base/version.h"
#include "user/lists/format.h"
#include "user/lists/json_judged.h"

static void end_line(struct writer *o)
{
	json_close(o, '}');
	put_char(o, '\n');
}

static void head(struct writer *o, const struct format_head *head)
{
	int i;

	json_open(o, NULL, '{');
	json_begin(o, "list");
	json_text(o, "generator", nolist_generator);
	json_number(o, "time", head->time);
	json_number(o, "expires", head->expires);
	json_number(o, "count", head->count);
	json_text(o, "sha256", head->digest);
	json_bool(o, "unverified", head->is_unverified);
	json_open(o, "warnings", '[');
	for (i = 0; i < head->notes; i++)
		json_text(o, NULL, head->note[i]);
	json_close(o, ']');
	end_line(o);
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	(void)head;
	json_stream(o, NULL, '{');
	json_word(o, "type", "entry");
	json_judged(o, of);
	end_line(o);
}

const struct format format_jsonl = {
	.name = "jsonl",
	.reader = "scripts, with the evidence: a JSON object a line, the first is the head",
	.usage = "jq -r 'select(.type == \"entry\").source' FILE",
	.takes_unverified = true,
	.has_evidence = true,
	.head = head,
	.row = row,
};
