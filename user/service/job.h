/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A function of ours at work in a process of its own, beside an event loop.
 */
#ifndef NOLIST_JOB_H
#define NOLIST_JOB_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

struct job {
	/* Given. */
	const char *name;             /* for the log */
	int (*fn)(const char *file);  /* its return is the exit status */
	const char *file;             /* the configuration */
	bool is_whole;  /* it ends by itself, even if we are killed */
	bool drops_caps; /* it loads nothing, and lays down what only that takes */
	/* It has ended; status is its exit status, or -1 where it was killed. */
	void (*ended)(struct job *job, int status);
	void *arg;

	/* Kept by job.c. */
	pid_t pid; /* 0: it is not at work */
	sd_event_source *child, *limit;
};

/* What job_start() needs to be blocked, and the child unblocks. */
void job_signals(sigset_t *set);
/* 0 or -errno. What it says on stdout is not data, and is shown with -v only. */
int job_start(struct job *job, sd_event *event, unsigned int limit_s);
/* Kills it; ended() is called when it is gone. */
void job_kill(struct job *job);
void job_free(struct job *job);

#endif
