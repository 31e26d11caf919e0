/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes what the look-up page has noted: sources that asked, from their own address, to have their
 * listing ended. The page has no privilege, so its file is read as text of others.
 */
#ifndef NOLIST_LISTS_LIFTS_H
#define NOLIST_LISTS_LIFTS_H

#include <stddef.h>
#include <stdint.h>

struct lifts {
	size_t made, refused; /* refused: limits are reached; what was lifted before is neither */
};

/*
 * Notes them in the store, and logs each. A source may do so once in 30 days, and a network and all
 * together a number of times in a day. 0, also if there is no file, or -errno, explained by
 * failure_of().
 */
int lifts_take(const char *file, const char *state_dir, int64_t now, struct lifts *done);

#endif
