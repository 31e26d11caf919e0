/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logs one line for each source that was added to a list or removed, up to a limit.
 */
#ifndef NOLIST_CHANGELOG_H
#define NOLIST_CHANGELOG_H

#include "user/lists/list.h"

#define CHANGELOG_MAX 20 /* listings, and as many removals, unless asked otherwise */

/* Logs at most max additions and max removals. Call after list_write(), outside of any walk. */
void changelog_write(const struct list *l, struct judge *j, size_t max);

#endif
