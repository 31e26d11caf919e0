// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands slots from the thread that fills them to the thread that reads them, and back.
 * The first waits only while all slots are full, the second only while none is.
 */
#include "user/base/prefetch.h"

void prefetch_init(struct prefetch *p)
{
	*p = (struct prefetch){};
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->has_changed, NULL);
}

/* The thread. */
static void *make(void *arg)
{
	struct prefetch *p = arg;
	bool is_wanted = true;

	while (is_wanted) {
		is_wanted = p->fn(p->arg, p->made % p->slots);
		pthread_mutex_lock(&p->lock);
		p->made++;
		pthread_cond_signal(&p->has_changed);
		while (p->made - p->used == p->slots && !p->is_unwanted)
			pthread_cond_wait(&p->has_changed, &p->lock);
		is_wanted &= !p->is_unwanted;
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

void prefetch_start(struct prefetch *p, unsigned int slots, bool wants_thread, prefetch_fn *fn,
		    void *arg)
{
	prefetch_stop(p);
	p->fn = fn;
	p->arg = arg;
	p->slots = slots;
	p->made = p->used = 0;
	p->is_unwanted = false;
	p->has_thread = wants_thread && !thread_start(&p->thread, make, p);
}

unsigned int prefetch_take(struct prefetch *p)
{
	unsigned int slot = p->used % p->slots;

	if (!p->has_thread) {
		p->fn(p->arg, slot);
		return slot;
	}
	pthread_mutex_lock(&p->lock);
	while (p->made == p->used)
		pthread_cond_wait(&p->has_changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return slot;
}

void prefetch_give(struct prefetch *p)
{
	pthread_mutex_lock(&p->lock);
	p->used++;
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
