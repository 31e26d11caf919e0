/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run at a time for a state directory: two would write the same lists, and count each
 * other's additions.
 */
#ifndef NOLIST_SINGLE_H
#define NOLIST_SINGLE_H

#include <sys/types.h>

/*
 * 0: this process is the single one until it ends. -EBUSY: another process is; *by: its
 * id, or 0 if it is not visible here. Else -errno, explained by failure_of().
 */
int single_instance(const char *dir, pid_t *by);

/* The same for run: if it cannot find out, it says so and goes on, since mail needs the program. */
int single_or_unknown(const char *state_dir);

#endif
