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

/* Locked, as the next two. */
static void work_on(struct prefetch *p, unsigned int slot)
{
	p->state[slot] = PREFETCH_AT_WORK;
	pthread_mutex_unlock(&p->lock);
	p->work(p->arg, slot);
	pthread_mutex_lock(&p->lock);
	p->state[slot] = PREFETCH_READY;
	pthread_cond_signal(&p->has_changed);
}

/* The last slot that waits for work: the reader comes to it last. */
static bool find_work(const struct prefetch *p, unsigned int *slot)
{
	size_t i = p->made;

	while (i-- > p->used) {
		*slot = i % p->slots;
		if (p->state[*slot] == PREFETCH_FILLED)
			return true;
	}
	return false;
}

static bool fill_next(struct prefetch *p)
{
	unsigned int slot = p->made % p->slots;
	bool is_more;

	pthread_mutex_unlock(&p->lock);
	is_more = p->fn(p->arg, slot);
	pthread_mutex_lock(&p->lock);
	p->state[slot] = p->work ? PREFETCH_FILLED : PREFETCH_READY;
	p->made++;
	pthread_cond_signal(&p->has_changed);
	return is_more;
}

/* The thread. To fill comes first; while all slots are full it works on them. */
static void *make(void *arg)
{
	struct prefetch *p = arg;
	bool is_more = true;
	unsigned int slot;

	pthread_mutex_lock(&p->lock);
	while (!p->is_unwanted) {
		if (is_more && p->made - p->used < p->slots)
			is_more = fill_next(p);
		else if (find_work(p, &slot))
			work_on(p, slot);
		else if (is_more)
			pthread_cond_wait(&p->has_changed, &p->lock);
		else
			break;
	}
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
	p->made = p->used = 0;
	p->is_unwanted = false;
	p->has_thread = wants_thread && !thread_start(&p->thread, make, p);
}

unsigned int prefetch_take(struct prefetch *p)
{
	unsigned int slot = p->used % p->slots;

	if (!p->has_thread) {
		p->fn(p->arg, slot);
		if (p->work)
			p->work(p->arg, slot);
		return slot;
	}
	pthread_mutex_lock(&p->lock);
	while (p->made == p->used || p->state[slot] == PREFETCH_AT_WORK)
		pthread_cond_wait(&p->has_changed, &p->lock);
	if (p->state[slot] == PREFETCH_FILLED)
		work_on(p, slot);
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
