// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a source from the command line.
 */
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/source.h"

int cmd_source(const char *text, struct nolist_addr *addr)
{
	struct nolist_source src;
	struct prefix p;

	if (prefix_parse(text, &p)) {
		errx("'%s' is not an address", text);
		return EXIT_USAGE;
	}
	src = addr_source(&p.addr);
	if (p.len < source_prefix(&src).len) {
		errx("'%s' is more than one source", text);
		hint("an IPv4 address, or an IPv6 /64 or an address in it");
		return EXIT_USAGE;
	}
	*addr = p.addr;
	return EXIT_DONE;
}
