/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second thread prepares what is needed next, in a few slots: the caller reads one of them while
 * the thread fills the others. Everything that the fill function reads or writes belongs to both
 * until prefetch_stop(), or until the last slot has been taken.
 *
 * If filled slots need more work, half of them are the caller's: while the next slot is not ready, it
 * fills one of its own. To fill is one's turn at a time, in order; then each works on what it has
 * filled. So both are busy, and no slot is written by two processors in turn, which is slow.
 */
#ifndef NOLIST_PREFETCH_H
#define NOLIST_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include "user/base/thread.h"

/* Fills a slot, counted from 0; false: this slot is the last one. */
typedef bool prefetch_fn(void *arg, unsigned int slot);
/* Works on a slot after it was filled; two slots may be worked on at the same time. */
typedef void prefetch_work(void *arg, unsigned int slot);

#define PREFETCH_SLOTS 16 /* at most */

struct prefetch {
	pthread_t thread;
	bool has_thread;
	prefetch_fn *fn;
	prefetch_work *work; /* or NULL */
	void *arg;
	unsigned int slots, own; /* the first of them are the thread's own */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t has_changed;
	size_t made, used; /* slots filled and given back since the start */
	unsigned char order[PREFETCH_SLOTS]; /* the slots as they were filled, in turn */
	enum { PREFETCH_FREE, PREFETCH_AT_WORK, PREFETCH_READY } state[PREFETCH_SLOTS];
	bool is_filling; /* one of the two is */
	bool is_over;    /* the last slot is filled */
	bool is_unwanted;
};

void prefetch_init(struct prefetch *p);
/* Without a thread (not wanted, or not to be had) each slot is filled when it is asked for. */
void prefetch_start(struct prefetch *p, unsigned int slots, bool wants_thread, prefetch_fn *fn,
		    prefetch_work *work, void *arg);
/* Waits for the next slot and returns its number; not to be called after the last one. */
unsigned int prefetch_take(struct prefetch *p);
/* Gives the slot back: it may be filled again. */
void prefetch_give(struct prefetch *p);
/* Ends the thread and waits for it; harmless where there is none. */
void prefetch_stop(struct prefetch *p);

#endif
