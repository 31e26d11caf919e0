// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts threads. Every caller works without a second thread, too, only slower: if none
 * can be started, it does everything itself.
 */
#include <signal.h>

#include "user/base/thread.h"

int thread_start(pthread_t *thread, thread_fn *fn, void *arg)
{
	sigset_t all, was;
	int error;

	sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &was);
	if (error)
		return -error;
	error = pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return -error;
}

void thread_both(thread_fn *fn, void *a, void *b)
{
	pthread_t thread;
	int error = thread_start(&thread, fn, a);

	fn(b);
	if (error)
		fn(a);
	else
		pthread_join(thread, NULL);
}
