/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notes in the store's history what became of the lists, and which sources that were told
 * "later" came back.
 */
#ifndef NOLIST_LISTS_HISTORY_H
#define NOLIST_LISTS_HISTORY_H

#include "user/lists/list.h"

/* Of several lists, those that have most; starts with zeros. */
struct history {
	uint64_t listed, removed, entries;
	size_t judged[JUDGEMENTS]; /* of the last list: they are the same for all */
	bool has_list;
};

/* A list that was written, or is good as it is. */
void history_add(struct history *h, const struct list *l);
/*
 * Notes all in one commit; outside of any walk. 0 or -errno, explained by failure_of(). Does
 * nothing without lists, and in a replay.
 */
int history_note(const struct history *h, struct judge *j);

#endif
