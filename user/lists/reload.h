/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the command that makes a list's reader reload it: without a shell, for a limited time,
 * and as a user of its own where the configuration names one.
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
	RELOAD_NOBODY,  /* the process that runs commands does not answer: value is -errno */
};

struct reload {
	char *const *argv;
	const char *user;     /* as this user; NULL: as the user of this process */
	unsigned int limit_s;
	bool is_silent;       /* what it prints goes nowhere */
};

/*
 * argv[0] is searched for in PATH, /usr/local/sbin, /usr/sbin and /sbin. Its standard
 * input is empty; its standard output goes to our standard error. Prints nothing.
 */
enum reload_end reload_run(const struct reload *r, int *value);

#endif
