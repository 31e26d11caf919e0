/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog of a probation: a process that outlives the session of the load, and
 * detaches the program when the time is up. The program passes every frame then by
 * itself; detaching also restores the driver's own mode.
 */
#ifndef NOLIST_WATCHDOG_H
#define NOLIST_WATCHDOG_H

#define WATCHDOG_NAME "nolist-watcher" /* as ps shows it */

/*
 * Starts one, before the load, so that it also watches a load that is killed half-way.
 * Returns a descriptor, to be closed when the load has ended in any way; or -errno.
 */
int watchdog_start(const char *pin_dir);

#endif
