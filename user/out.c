// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of formats, and the buffer that they write through. Numbers and
 * times are formatted here, without stdio: a list may have a million rows.
 */
#include <string.h>
#include <time.h>

#include "out.h"

const struct output outputs[] = {
	{ "plain", "people, scripts, and whatever takes one address or prefix a line",
	  "grep -v '^#' FILE", true, out_comment_head, out_plain_row, NULL },
	{ "csv", "spreadsheets and data bases, with the evidence",
	  "sqlite3 bl.db \".import --csv FILE nolist\"", true, out_csv_head, out_csv_row, NULL },
	{ "jsonl", "scripts, with the evidence: one JSON object a line, the first is the head",
	  "jq -r 'select(.type == \"entry\").source' FILE", true, out_jsonl_head, out_jsonl_row,
	  NULL },
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

void out_open(struct out *o, out_sink_fn *sink, void *arg)
{
	o->sink = sink;
	o->arg = arg;
	o->error = 0;
	o->json_depth = 0;
	o->used = 0;
}

int out_flush(struct out *o)
{
	if (!o->error && o->used)
		o->error = o->sink(o->arg, o->bytes, o->used);
	o->used = 0;
	return o->error;
}

void out_bytes(struct out *o, const char *bytes, size_t size)
{
	if (size > sizeof(o->bytes) - o->used)
		out_flush(o);
	if (size > sizeof(o->bytes)) {
		if (!o->error)
			o->error = o->sink(o->arg, bytes, size);
		return;
	}
	memcpy(o->bytes + o->used, bytes, size);
	o->used += size;
}

void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

void out_number(struct out *o, int64_t number)
{
	uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[24];
	char *at = digits + sizeof(digits);

	do {
		*--at = '0' + n % 10;
		n /= 10;
	} while (n);
	if (number < 0)
		*--at = '-';
	out_bytes(o, at, digits + sizeof(digits) - at);
}

void out_time(struct out *o, int64_t time)
{
	char text[REPORT_TIME];

	out_text(o, report_time(time, text));
}

static void hex(struct out *o, unsigned int group)
{
	int shift = 12;

	while (shift && !(group >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		out_char(o, "0123456789abcdef"[group >> shift & 15]);
}

void out_source(struct out *o, const struct nolist_source *src)
{
	const __u8 *b = src->addr.b;
	int i, groups = 4;

	if (addr_is_ip4(&src->addr)) {
		for (i = 12; i < 16; i++) {
			if (i > 12)
				out_char(o, '.');
			out_number(o, b[i]);
		}
		return;
	}
	/* Of a /64 the last four groups are zero: no other run is longer (RFC 5952). */
	while (groups && !b[2 * groups - 2] && !b[2 * groups - 1])
		groups--;
	for (i = 0; i < groups; i++) {
		if (i)
			out_char(o, ':');
		hex(o, b[2 * i] << 8 | b[2 * i + 1]);
	}
	out_text(o, "::/64");
}

void out_comment_head(struct out *o, const struct out_head *head)
{
	int i;

	out_text(o, "# generator: nolist-xdp " VERSION "\n# time: ");
	out_time(o, head->time);
	out_text(o, "\n# expires: ");
	out_time(o, head->expires);
	out_text(o, "\n# count: ");
	out_number(o, head->count);
	out_text(o, "\n# sha256: ");
	out_text(o, head->digest);
	out_text(o, "\n");
	if (head->is_claimed)
		out_text(o, "# warning: unverified: a forged SYN can put anyone on this list\n");
	for (i = 0; i < head->notes; i++) {
		out_text(o, "# warning: ");
		out_text(o, head->note[i]);
		out_text(o, "\n");
	}
}
