/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second thread for what can be done beside the first one. It takes no signals:
 * these are for the command.
 */
#ifndef NOLIST_THREAD_H
#define NOLIST_THREAD_H

#include <pthread.h>

typedef void *thread_fn(void *arg);

/* 0 or -errno; the one who starts it has to pthread_join() it. */
int thread_start(pthread_t *thread, thread_fn *fn, void *arg);
/* fn for both, at the same time where a thread can be had; returns when both are done. */
void thread_both(thread_fn *fn, void *a, void *b);

#endif
