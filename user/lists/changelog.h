/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logs one line for each source that was added to lists or removed, with all lists that it
 * was added to or removed from, up to a limit for each list.
 */
#ifndef NOLIST_CHANGELOG_H
#define NOLIST_CHANGELOG_H

#include "user/lists/list.h"

#define CHANGELOG_MAX 20 /* listings, and as many removals, unless asked otherwise */

/* Starts with zeros. */
struct changelog {
	struct changelog_entry {
		struct nolist_source src;
		bool is_removed;
		const char *file;
		size_t order; /* of the list */
	} *entry;
	size_t entries;
	struct changelog_more {
		const char *file;
		size_t listed, removed; /* beyond the limit */
	} *more;
	size_t mores, lists;
};

/*
 * Adds at most max additions and max removals of a list, whose file's name is held by
 * reference. Call after list_write().
 */
void changelog_add(struct changelog *c, const struct list *l, size_t max);
/* Logs them, outside of any walk, and frees. */
void changelog_write(struct changelog *c, struct judge *j);

#endif
