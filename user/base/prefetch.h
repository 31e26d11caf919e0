/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second thread prepares what is needed next, in a few slots that are used in turn: the
 * caller reads one of them while the thread fills the others. Everything that the fill
 * function reads or writes belongs to the thread until prefetch_stop(), or until the last
 * slot has been taken.
 *
 * If filled slots need more work, either thread does it: the caller when it comes to a slot, the
 * other one while all slots are full. So both are busy, whatever takes longer.
 */
#ifndef NOLIST_PREFETCH_H
#define NOLIST_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include "user/base/thread.h"

/* Fills a slot, counted from 0; false: this slot is the last one. */
typedef bool prefetch_fn(void *arg, unsigned int slot);
/* Works on a filled slot; two slots may be worked on at the same time. */
typedef void prefetch_work(void *arg, unsigned int slot);

#define PREFETCH_SLOTS 16 /* at most */

struct prefetch {
	pthread_t thread;
	bool has_thread;
	prefetch_fn *fn;
	prefetch_work *work; /* or NULL */
	void *arg;
	unsigned int slots;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t has_changed;
	size_t made, used; /* slots filled and given back since the start */
	enum { PREFETCH_FILLED, PREFETCH_AT_WORK, PREFETCH_READY } state[PREFETCH_SLOTS];
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
