/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state directory: it holds the store, its locks and the list of "collect".
 * Functions return 0 or -errno; failure_of() explains it.
 */
#ifndef NOLIST_STATE_DIR_H
#define NOLIST_STATE_DIR_H

#define STATE_DIR_DEFAULT "/var/lib/nolist-xdp"

/* With its parents, if it is the default; where those of another are missing, it was mistyped. */
int state_dir_make(const char *dir);
/*
 * Makes the directory for published lists, in the state directory, if a file is to be there
 * and it is missing. What is private in the state directory has modes of its own: others
 * must get through.
 */
int state_dir_make_lists(const char *dir, const char *file);
#define STATE_DIR_LISTS "lists"
int state_dir_check(const char *dir, int fd); /* -EPERM: others may write to it */
int state_dir_open(const char *dir, int *fd); /* both, and opens it */

#endif
