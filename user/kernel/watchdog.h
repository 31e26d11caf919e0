/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watcher of a probation: a process that outlives the session which loaded, and
 * detaches when the time is up. It only hastens what the program does by itself,
 * which is to pass every frame: detaching also gives the driver back its own mode.
 */
#ifndef NOLIST_WATCHDOG_H
#define NOLIST_WATCHDOG_H

#define WATCHDOG_NAME "nolist-watcher" /* as ps shows it */

/*
 * Starts one, before the load, so that a load that is cut off half-way is watched too.
 * Returns a descriptor to be closed when the load has ended, however; or -errno.
 */
int watchdog_start(const char *pin_dir);

#endif
