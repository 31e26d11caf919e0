/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run at a time for a state directory: two would write the same lists, and count
 * what each adds.
 */
#ifndef NOLIST_SINGLE_H
#define NOLIST_SINGLE_H

#include <sys/types.h>

/*
 * 0: this process is the one until it ends. -EBUSY: another is, *by tells which (0: it
 * is not seen from here). Else -errno; failure_last()->what tells what failed.
 */
int single_instance(const char *dir, pid_t *by);

#endif
