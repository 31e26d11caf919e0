// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands slots from the threads that fill them to the one that reads them, and back. The thread waits
 * while all of its slots are full, the reader while the next one is not ready and it can fill none.
 */
#include <string.h>

#include "user/base/prefetch.h"

void prefetch_init(struct prefetch *p)
{
	*p = (struct prefetch){};
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->has_changed, NULL);
}

/* Fills one of these slots and works on it, if it may be now. Locked. */
static bool make_one(struct prefetch *p, unsigned int slot, unsigned int end)
{
	bool is_more;

	while (slot < end && p->state[slot] != PREFETCH_FREE)
		slot++;
	if (slot == end || p->is_filling || p->is_over)
		return false;
	p->is_filling = true;
	p->state[slot] = PREFETCH_AT_WORK;
	p->order[p->made % p->slots] = slot;
	pthread_mutex_unlock(&p->lock);
	is_more = p->fn(p->arg, slot);
	pthread_mutex_lock(&p->lock);
	p->is_filling = false;
	p->is_over = !is_more;
	p->made++;
	if (p->work) {
		pthread_cond_signal(&p->has_changed);
		pthread_mutex_unlock(&p->lock);
		p->work(p->arg, slot);
		pthread_mutex_lock(&p->lock);
	}
	p->state[slot] = PREFETCH_READY;
	pthread_cond_signal(&p->has_changed);
	return true;
}

/* The thread. */
static void *make(void *arg)
{
	struct prefetch *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->is_unwanted && !p->is_over)
		if (!make_one(p, 0, p->own))
			pthread_cond_wait(&p->has_changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

void prefetch_start(struct prefetch *p, unsigned int slots, bool wants_thread, prefetch_fn *fn,
		    prefetch_work *work, void *arg)
{
	prefetch_stop(p);
	p->fn = fn;
	p->work = work;
	p->arg = arg;
	p->slots = slots;
	p->own = work ? slots / 2 : slots;
	p->made = p->used = 0;
	p->is_unwanted = p->is_filling = p->is_over = false;
	memset(p->state, 0, sizeof(p->state));
	p->has_thread = wants_thread && !thread_start(&p->thread, make, p);
}

static bool is_ready(const struct prefetch *p)
{
	return p->used < p->made && p->state[p->order[p->used % p->slots]] == PREFETCH_READY;
}

unsigned int prefetch_take(struct prefetch *p)
{
	unsigned int slot = 0;

	if (!p->has_thread) {
		p->fn(p->arg, slot);
		if (p->work)
			p->work(p->arg, slot);
		return slot;
	}
	pthread_mutex_lock(&p->lock);
	while (!is_ready(p))
		if (!make_one(p, p->own, p->slots))
			pthread_cond_wait(&p->has_changed, &p->lock);
	slot = p->order[p->used % p->slots];
	pthread_mutex_unlock(&p->lock);
	return slot;
}

void prefetch_give(struct prefetch *p)
{
	if (!p->has_thread)
		return;
	pthread_mutex_lock(&p->lock);
	p->state[p->order[p->used++ % p->slots]] = PREFETCH_FREE;
	pthread_cond_signal(&p->has_changed);
	pthread_mutex_unlock(&p->lock);
}

void prefetch_stop(struct prefetch *p)
{
	if (!p->has_thread)
		return;
	pthread_mutex_lock(&p->lock);
	p->is_unwanted = true;
	pthread_cond_signal(&p->has_changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	p->has_thread = false;
}
