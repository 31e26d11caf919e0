/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads, then collects and writes lists periodically, until SIGTERM or SIGINT.
 */
#ifndef NOLIST_RUN_H
#define NOLIST_RUN_H

#include "user/config/conf.h"
#include "user/service/answer.h"

/* A step, in its own process: logs why it fails; returns an exit status, 0: done. */
typedef int run_step_fn(const char *file);

struct run_options {
	const char *file;        /* the configuration */
	const char *state_dir;
	run_step_fn *load;       /* NULL: do not load, something else does */
	run_step_fn *unload;     /* at the end; NULL: the program stays attached */
	run_step_fn *heal;       /* before each collect: attaches what is detached; NULL: does not */
	run_step_fn *collect;
	run_step_fn *dump;       /* all lists of the configuration */
	/* A configuration is in force from now on: its text. */
	void (*adopted)(const char *text);
	bool is_dump_elsewhere;  /* "dump" only asks another process: it needs no capability */
	answer_fn *metrics;      /* answers clients at the socket in the state directory */
	/* Checks what else a configuration needs. 0 or -errno, explained by failure_of(). */
	int (*check)(const struct conf *conf);
};

/* 0, the exit status of a load that failed, or -errno, explained by failure_of(). */
int run(const struct run_options *o);

#endif
