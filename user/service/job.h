/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a function in a child process, beside an event loop.
 */
#ifndef NOLIST_JOB_H
#define NOLIST_JOB_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

enum job_keeps {
	JOB_KEEPS_ALL,   /* it loads */
	JOB_KEEPS_LISTS, /* all but those that only loading takes: it writes lists and reloads */
	JOB_KEEPS_BPF,   /* it reads the tables by their pins */
	JOB_KEEPS_NONE,
};

struct job {
	/* Set by the caller: */
	const char *name;             /* for the log */
	int (*fn)(const char *file);  /* its return is the exit status */
	const char *file;             /* the configuration */
	bool is_whole;   /* it runs to its end even if we are killed */
	enum job_keeps keeps; /* which capabilities */
	/* Called when it has ended. status: its exit status, or -1 if it was killed. */
	void (*ended)(struct job *job, int status);
	void *arg;

	/* For job.c only: */
	pid_t pid; /* 0: it is not running */
	sd_event_source *child, *limit;
};

/* The signals that the caller of job_start() must block; the child unblocks them. */
void job_signals(sigset_t *set);
/* Starts it; 0 or -errno. After limit_s seconds it is killed. Its stdout is shown with -v only. */
int job_start(struct job *job, sd_event *event, unsigned int limit_s);
/* Kills it; ended() is called when it is gone. */
void job_kill(struct job *job);
void job_free(struct job *job);

#endif
