/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second thread for work beside the first one. It takes no signals: the first thread
 * handles them.
 */
#ifndef NOLIST_THREAD_H
#define NOLIST_THREAD_H

#include <pthread.h>

typedef void *thread_fn(void *arg);

/* 0 or -errno; the caller must pthread_join() it. */
int thread_start(pthread_t *thread, thread_fn *fn, void *arg);
/* Calls fn(a) and fn(b), at the same time if a thread can be started; returns when both end. */
void thread_both(thread_fn *fn, void *a, void *b);

#endif
