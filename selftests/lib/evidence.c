// SPDX-License-Identifier: GPL-2.0-only
/* evidence.h: sources and tables from text. */
#include "selftests/lib/evidence.h"

struct nolist_source evidence_source(const char *text)
{
	struct nolist_addr a;

	if (addr_parse(text, &a))
		tap_die(text);
	return addr_source(&a);
}

void evidence_add(struct snapshot *t, int epoch, const char *text, const struct nolist_contacts *c,
		  const struct nolist_verified *p)
{
	struct nolist_source src = evidence_source(text);

	if (snapshot_add(t, epoch, &src, c, p))
		tap_die("snapshot_add");
}
