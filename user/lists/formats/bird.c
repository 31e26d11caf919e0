// SPDX-License-Identifier: GPL-2.0-only
/*
 * bird: two static protocols of blackhole routes for BIRD 2, to be included at the
 * top level. They carry BLACKHOLE (RFC 7999) and NO_EXPORT (RFC 1997): what the
 * administrator exports goes to his own routers and no further.
 */
#include "user/lists/format.h"

void out_bird_begin(struct out *o, const struct out_head *head, int family)
{
	out_text(o, "protocol static ");
	out_text(o, head->words->name);
	out_text(o, family ? "6 {\n\tipv6" : "4 {\n\tipv4");
	out_text(o, " { import filter { bgp_community.add((65535, 666)); "
		    "bgp_community.add((65535, 65281)); accept; }; };\n");
}

void out_bird_row(struct out *o, const struct out_head *head, const struct judged *of)
{
	(void)head;
	out_text(o, "\troute ");
	out_source(o, &of->r.src);
	out_text(o, addr_is_ip4(&of->r.src.addr) ? "/32 blackhole;\n" : " blackhole;\n");
}

void out_bird_end(struct out *o, const struct out_head *head, int family)
{
	(void)head;
	(void)family;
	out_text(o, "}\n");
}
