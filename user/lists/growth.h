/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much a list has grown within a day, and how much more it may: kept in the
 * store, since a file does not tell when a source came on it.
 */
#ifndef NOLIST_GROWTH_H
#define NOLIST_GROWTH_H

#include <limits.h>
#include "user/store/store.h"
#include "user/judge/verdict.h"

#define GROWTH_ALL SIZE_MAX

struct growth {
	char path[PATH_MAX]; /* what the list is called in the store */
	bool is_known;       /* it is there */
	struct store_list was;
};

/*
 * What the store knows of the list in a file. 0 or -errno, as store_open() and
 * explained like that; no store, or none of this list, is no error.
 */
int growth_read(struct growth *g, const char *state_dir, const char *file, int64_t now);
/*
 * How many may be added now to a list whose file has so many entries, or is not
 * there: GROWTH_ALL, or a number. In its first day a list may take in all.
 */
size_t growth_limit(const struct growth *g, const struct rules *rules, bool has_file,
		    size_t entries, int64_t now);
/*
 * Puts into the store what the list is about to be: before it is written, so that
 * whoever is killed between the two has counted too much, never too little. added
 * may be negative, to take back. As growth_read().
 */
int growth_note(struct growth *g, const char *state_dir, const struct store_list *is, int64_t added);

#endif
