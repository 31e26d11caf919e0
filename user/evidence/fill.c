// SPDX-License-Identifier: GPL-2.0-only
/*
 * How full the tables are. collect reads all of them, so that to count costs nothing there.
 */
#include "user/evidence/collect.h"
#include "user/kernel/kern.h"
#include "user/snapshot/snapshot.h"
#include "user/store/store.h"

int collect_fill(struct store *s, const struct kern *k, const struct snapshot *tables,
		 const struct collect_fill *fill)
{
	struct collect_fill max = {};
	int i, error;

	for (i = 0; i < snapshot_epochs(tables); i++) {
		struct kern_tables t;

		/* The next collect drops those that were replaced. */
		if (kern_is_replaced(k, i) || kern_tables(k, i, &t))
			continue;
		max.contacts += snapshot_stats(tables, i)->contacts_max;
		max.verified += t.verified_max;
	}
	error = store_set_level(s, "entries.contacts", fill->contacts);
	if (!error)
		error = store_set_level(s, "entries.verified", fill->verified);
	if (!error)
		error = store_set_level(s, "capacity.contacts", max.contacts);
	return error ? error : store_set_level(s, "capacity.verified", max.verified);
}
