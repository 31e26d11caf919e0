/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is needed next is made ahead by a second thread, in a few places by turns:
 * one is at hand, the others are full, or being filled. Whatever filling needs is the
 * thread's until ahead_stop(), or until the last place was given back.
 */
#ifndef NOLIST_PREFETCH_H
#define NOLIST_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include "user/base/thread.h"

/* Fills a place, counted from 0 on; false: there is nothing after it. */
typedef bool ahead_fn(void *arg, unsigned int place);

struct ahead {
	pthread_t thread;
	bool has_thread;
	ahead_fn *fn;
	void *arg;
	unsigned int places;
	pthread_mutex_t lock; /* of the next three */
	pthread_cond_t has_changed;
	size_t made, used; /* places, all that there were */
	bool is_unwanted;
};

void ahead_init(struct ahead *a);
/* Without a thread (none is wanted, or can be had) each place is filled when it is taken. */
void ahead_start(struct ahead *a, unsigned int places, bool wants_thread, ahead_fn *fn, void *arg);
/* The next place; not after the last one. */
unsigned int ahead_take(struct ahead *a);
/* It may be filled again. */
void ahead_give(struct ahead *a);
/* The thread has ended when this returns; also where there is none. */
void ahead_stop(struct ahead *a);

#endif
