/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands that run unattended do where the program is not attached any more, or not
 * up to date: they tell it once for each change, and "run" loads again.
 */
#ifndef NOLIST_CMD_ATTACHED_H
#define NOLIST_CMD_ATTACHED_H

#include "user/config/conf.h"

/*
 * For collect and dump: logs what has changed since it was told last. EXIT_WARNED while a
 * configured interface lacks the program, else EXIT_DONE.
 */
int attached_tell(const struct conf *conf);
/*
 * For run: the same, and loads again, at most three times an hour; not after "unload", not
 * where another program is. Returns an exit status.
 */
int heal_run(const char *file);

/*
 * "unload" notes the interfaces (all, if n is 0) until the next load. Nothing is noted where
 * there is no state directory: then no "run" is running either.
 */
void attached_note_unload(const char *const *names, int n);
void attached_note_load(void);

#endif
