/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the store: a store of its own, in a directory of its own, for each group.
 */
#ifndef NOLIST_SELFTESTS_SCRATCH_H
#define NOLIST_SELFTESTS_SCRATCH_H

#include <fcntl.h>
#include <sys/stat.h>

#include "selftests/lib/evidence.h"

extern char scratch_dir[64], scratch_file[128]; /* of the group: its directory and its store */

void scratch_begin(void);
int scratch_end(void); /* removes all of it; the exit status of the test */
/* Begins a group: a name of its own below /tmp, with nothing there. */
void scratch_fresh(const char *name);
struct store *scratch_open(enum store_mode mode); /* or dies */
int scratch_error(enum store_mode mode);          /* opens and closes it: 0 or -errno */
void scratch_sql(const char *sql);                /* past the store's own code */

/* The first tables of a boot, with a generation of their own. */
struct epoch scratch_epoch(const char *boot, uint32_t table);
/* A source with verified evidence, or with a contact, at a time of the tables' clock. */
void scratch_put_verified(struct store *s, int epoch, const char *text, uint32_t at);
void scratch_put_contacts(struct store *s, int epoch, const char *text, uint32_t at);

#endif
