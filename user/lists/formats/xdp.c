// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdp: what nolist-xdp itself refuses at the real MX ("enforce"). The file is the list as
 * plain has it, for people and for the next table; a dump puts it in force.
 */
#include "user/lists/format.h"

const struct format format_xdp = {
	.name = "xdp",
	.reader = "nolist-xdp, which answers the listed at the real MX before the mail server does",
	.usage = "enforce = note",
	.head = format_plain_head,
	.row = format_plain_row,
};
