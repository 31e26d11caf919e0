/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the command that makes a list's reader reload it: without a shell, and for a
 * limited time.
 */
#ifndef NOLIST_RELOAD_H
#define NOLIST_RELOAD_H

#include <stdbool.h>

enum reload_end {
	RELOAD_DONE,    /* it ended with status 0 */
	RELOAD_STATUS,  /* it ended with another one: value */
	RELOAD_SIGNAL,  /* it was killed by a signal: value */
	RELOAD_TIME,    /* it took too long, and was killed with its children */
	RELOAD_ERROR,   /* it could not be run: value is -errno */
};

/*
 * argv[0] is searched for in PATH, /usr/local/sbin, /usr/sbin and /sbin. Its standard
 * input is empty; its standard output goes to our standard error, or with is_silent both
 * go nowhere. Prints nothing.
 */
enum reload_end reload_run(char *const argv[], unsigned int limit_s, bool is_silent, int *value);

#endif
