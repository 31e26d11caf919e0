// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration in force, and one that would take addresses from it. A file whose last
 * line has no end was perhaps cut off while it was written: it must not take a running
 * MX out of service.
 */
#include <stdlib.h>

#include "user/check/check.h"
#include "user/kernel/kern.h"

static bool has(const struct conf *conf, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < conf->mxs; i++)
		if (!addr_compare(&conf->mx[i].addr, addr))
			return true;
	return false;
}

/* Addresses with a role in the configuration in force that the new one lacks. */
static int count_lost(const struct kern *k, const struct conf *conf)
{
	struct nolist_config *now = malloc(sizeof(*now));
	int i, j, n = 0;

	for (i = 0; now && i < kern_instances(k); i++) {
		if (kern_is_replaced(k, i) || kern_config(k, i, now))
			continue;
		for (j = 0; j < NOLIST_SLOTS; j++)
			n += now->slot[j].role != NOLIST_NONE && now->slot[j].role != NOLIST_OWN &&
			     !has(conf, &now->slot[j].addr);
	}
	free(now);
	return n;
}

void check_running(struct findings *to, const struct check_site *site)
{
	struct kern *k;
	int lost;

	if (!site->conf->is_cut || !site->conf->mxs || kern_open(&k, site->pin_dir))
		return;
	lost = count_lost(k, site->conf);
	kern_close(k);
	if (!lost)
		return;
	find(to, GRADE_REFUSES, "configuration", "",
	     "the last line of the file has no end, and %d address%s of the configuration in force "
	     "%s missing: is it cut off?", lost, lost == 1 ? "" : "es", lost == 1 ? "is" : "are");
	find_hint(to, "write the file to its end, with a line end after its last line");
}
