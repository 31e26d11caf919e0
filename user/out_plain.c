// SPDX-License-Identifier: GPL-2.0-only
/*
 * plain: one IPv4 address or IPv6 /64 a line, after comments.
 */
#include "out.h"

void out_plain_row(struct out *o, const struct judged *of)
{
	out_source(o, &of->r.src);
	out_char(o, '\n');
}
