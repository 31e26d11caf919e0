/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads, then collects and writes lists again and again, until it is told to stop.
 */
#ifndef NOLIST_RUN_H
#define NOLIST_RUN_H

#include "user/config/conf.h"

/* A step: works in a process of its own, tells why it fails; its exit status, 0: done. */
typedef int run_step_fn(const char *file);

struct run_options {
	const char *file;        /* the configuration */
	const char *state_dir;
	run_step_fn *load;       /* NULL: somebody else loads */
	run_step_fn *unload;     /* at the end; NULL: the program stays */
	run_step_fn *collect;
	run_step_fn *dump;       /* all lists of the configuration */
	/* Is a configuration good to go on with? 0 or -errno, explained by failure_of(). */
	int (*check)(const struct conf *conf);
};

/* 0, the exit status of a load that failed, or -errno, explained by failure_of(). */
int run(const struct run_options *o);

#endif
