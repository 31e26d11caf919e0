/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells of each who came on a list or went: a line each, so many and no more.
 */
#ifndef NOLIST_CHANGELOG_H
#define NOLIST_CHANGELOG_H

#include "user/lists/list.h"

#define CHANGELOG_MAX 20 /* listings, and as many removals, unless asked otherwise */

/* After the list was written, and no walk is under way. */
void changelog_tell(const struct list *l, struct judge *j, size_t max);

#endif
