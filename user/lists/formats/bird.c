// SPDX-License-Identifier: GPL-2.0-only
/*
 * bird: two static protocols of blackhole routes for BIRD 2, to be included at the
 * top level. They carry BLACKHOLE (RFC 7999) and NO_EXPORT (RFC 1997): exported routes
 * reach the administrator's own routers and go no further.
 */
#include "user/lists/format.h"

static void begin(struct writer *o, const struct format_head *head, int family)
{
	put_text(o, "protocol static ");
	put_text(o, head->words->name);
	put_text(o, family ? "6 {\n\tipv6" : "4 {\n\tipv4");
	put_text(o, " { import filter { bgp_community.add((65535, 666)); "
		    "bgp_community.add((65535, 65281)); accept; }; };\n");
}

static void row(struct writer *o, const struct format_head *head, const struct judged *of)
{
	(void)head;
	put_text(o, "\troute ");
	put_source(o, &of->r.src);
	put_text(o, addr_is_ip4(&of->r.src.addr) ? "/32 blackhole;\n" : " blackhole;\n");
}

static void end(struct writer *o, const struct format_head *head, int family)
{
	(void)head;
	(void)family;
	put_text(o, "}\n");
}

const struct format format_bird = {
	.name = "bird",
	.reader = "BIRD 2: blackhole routes, in bird.conf on a line of its own",
	.usage = "include \"FILE\";",
	.never_ends = true,
	.head = format_plain_head,
	.begin = begin,
	.row = row,
	.end = end,
};
