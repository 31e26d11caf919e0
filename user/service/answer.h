/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers at a Unix socket in the state directory with metrics, for the exporter
 * (base/metrics_socket.h). One answer at a time, in a process of its own; others wait.
 */
#ifndef NOLIST_ANSWER_H
#define NOLIST_ANSWER_H

#include "user/service/job.h"

/* Writes metrics to an fd; returns an exit status. */
typedef int answer_fn(const char *file, int fd, bool is_open);

struct answer {
	/* Set by the caller: */
	answer_fn *fn;
	const char *file;              /* the configuration */
	void (*prepare)(void *arg);    /* before each answer */
	void *arg;

	/* For answer.c only: */
	sd_event *event;
	sd_event_source *listen;
	struct job job;
	char path[108];
	int fd, client;
};

/* 0 or -errno; then nothing is answered. answer_close() is safe in any case. */
int answer_open(struct answer *a, sd_event *event, const char *state_dir);
void answer_close(struct answer *a);

#endif
