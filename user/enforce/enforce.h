/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the table of listed sources in force: allow lists, the never-list and pardons first, then
 * the own list, then the files of "enforce-list". Prints warnings; 0 or -errno, explained by
 * failure_of().
 */
#ifndef NOLIST_ENFORCE_H
#define NOLIST_ENFORCE_H

#include "user/judge/judge.h"
#include "user/kernel/kern.h"

/* The sources of the configuration; nothing is done where "enforce" is off. */
int enforce_apply(struct judge *j, const char *pin_dir);
/*
 * What the table in force says of a source: an action's word; NULL: nothing, or there is none.
 * table: "enforced", "noted", "braked" or "expired". is_held: it has many offences, and is held where
 * "tarpit" says.
 */
const char *enforce_says(const char *pin_dir, const struct nolist_source *src, const char **table,
			 bool *is_held);
/*
 * The same for many sources: the table in force, which kern_block_close() closes; its state, or NULL:
 * there is none.
 */
const char *enforce_look(struct kern_block *b, const char *pin_dir);
/* Does it refuse a source, or would it? */
bool enforce_refuses(const struct kern_block *b, const struct nolist_source *src);
/*
 * Takes a prefix off the table in force, at once; a table that is made later has it again, unless
 * it is pardoned. -ENOENT: there is no table.
 */
int enforce_take_off(const char *pin_dir, const struct prefix *p);
/* The same for all pardons of the store, and for lifts since the table was made. */
void enforce_take_off_all(const char *pin_dir, const char *state_dir, int64_t now);

#endif
