// SPDX-License-Identifier: GPL-2.0-only
/*
 * zone: a DNS list as a zone file (RFC 1035 5), for named, NSD and Knot. Names are
 * relative, so that the server's configuration says where the zone is. An IPv6 /64
 * is a wildcard. The test entries of RFC 5782 5 are always there.
 */
#include <stdlib.h>
#include <string.h>

#include "user/lists/format.h"
#include "user/lists/white.h"

static const char hex[] = "0123456789abcdef";

static void records(struct writer *o, const struct format_head *head,
		    const struct nolist_source *src, int tier)
{
	put_text(o, "\tA\t127.0.0.");
	put_number(o, tier);
	put_text(o, "\n\tTXT\t\"");
	format_reason(o, head, src);
	put_text(o, "\"\n");
}

/* The last bytes in reverse, nibble by nibble, with dots between them. */
static void nibbles(struct writer *o, const struct nolist_addr *addr, int bytes)
{
	int i;

	for (i = bytes - 1; i >= 0; i--) {
		put_char(o, hex[addr->b[i] & 15]);
		put_char(o, '.');
		put_char(o, hex[addr->b[i] >> 4]);
		if (i)
			put_char(o, '.');
	}
}

static void tests(struct writer *o, const struct format_head *head)
{
	struct nolist_source test = {};

	addr_parse("127.0.0.2", &test.addr);
	put_text(o, "2.0.0.127");
	records(o, head, &test, head->is_white ? WHITE_ANSWER : 2);
	nibbles(o, &test.addr, 16);
	records(o, head, &test, head->is_white ? WHITE_ANSWER : 2);
}

static void head(struct writer *o, const struct format_head *head)
{
	format_comments(o, head, "; ");
	put_text(o, "$TTL 300\n@\tSOA\t");
	format_soa(o, head, ".");
	put_text(o, "\tNS\t");
	put_text(o, head->words->ns);
	put_text(o, ".\n");
	/* Of a list that has ended, so that whoever looks for them finds out. */
	if (!head->is_closed)
		tests(o, head);
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	const struct nolist_source *src = &of->r.src;
	int i;

	if (addr_is_ip4(&src->addr)) {
		for (i = 15; i >= 12; i--) {
			put_number(o, src->addr.b[i]);
			if (i > 12)
				put_char(o, '.');
		}
	} else {
		put_text(o, "*.");
		nibbles(o, &src->addr, 8);
	}
	records(o, head, src, format_answer(head, of));
}

static bool ip6_source(const char *line, struct nolist_source *src)
{
	int i;

	memset(src, 0, sizeof(*src));
	for (i = 15; i >= 0; i--, line += 2) {
		const char *digit = *line ? strchr(hex, *line) : NULL;

		if (!digit || line[1] != (i ? '.' : '\t'))
			return false;
		src->addr.b[i / 2] |= (digit - hex) << (i & 1 ? 0 : 4);
	}
	return true;
}

static bool source(const char *line, struct nolist_source *src)
{
	char *end;
	int i;

	if (!strncmp(line, "*.", 2))
		return ip6_source(line + 2, src);
	*src = (struct nolist_source){ .addr.b = { [10] = 0xff, [11] = 0xff } };
	for (i = 15; i >= 12; i--, line = end + 1) {
		unsigned long octet = strtoul(line, &end, 10);

		if (end == line || octet > 255 || *end != (i > 12 ? '.' : '\t'))
			return false;
		src->addr.b[i] = octet;
	}
	return true;
}

const struct format format_zone = {
	.name = "zone",
	.reader = "named, NSD, Knot and other name servers: a DNS list as a zone",
	.usage = "zone \"ZONE\" { type primary; file \"FILE\"; };",
	.takes_white = true,
	.usage_white = "zone \"white.ZONE\" { type primary; file \"FILE\"; };",
	.never_ends = true,
	.head = head,
	.row = row,
	.source = source,
};
