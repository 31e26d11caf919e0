/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much a list has grown within a day, and how much more it may grow. Recorded in the
 * store, since a list file does not show when a source was added.
 */
#ifndef NOLIST_GROWTH_H
#define NOLIST_GROWTH_H

#include <limits.h>
#include "user/store/store.h"
#include "user/judge/verdict.h"

#define GROWTH_ALL SIZE_MAX

struct growth {
	char path[PATH_MAX]; /* the list's name in the store */
	bool is_known;       /* the store has it */
	struct store_list was;
};

/*
 * The name of the list in a file: every spelling of a path is the same list. 0, or -errno:
 * its directory cannot be found.
 */
int growth_path(const char *file, char path[PATH_MAX]);
/*
 * Reads what the store knows of the list in a file. 0 or -errno, explained by failure_of();
 * a missing store, or one without this list, is no error.
 */
int growth_read(struct growth *g, const char *state_dir, const char *file, int64_t now);
/*
 * How many sources may be added now: GROWTH_ALL or a number. has_file: the list's file
 * exists, with so many entries. In its first day a list may grow without limit.
 */
size_t growth_limit(const struct growth *g, const struct rules *rules, bool has_file,
		    size_t entries, int64_t now);
/*
 * Records in the store what the list is about to be. Call before the list is written: a
 * process killed in between has then counted too much, never too little. added may be
 * negative, to undo. Returns as growth_read().
 */
int growth_note(struct growth *g, const char *state_dir, const struct store_list *is, int64_t added);

#endif
