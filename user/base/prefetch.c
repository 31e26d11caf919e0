// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands places over from the thread that fills them to the one that uses them, and
 * back. Each waits for the other only where all places are full, or none is.
 */
#include "user/base/prefetch.h"

void ahead_init(struct ahead *a)
{
	*a = (struct ahead){};
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->has_changed, NULL);
}

/* The thread. */
static void *make(void *arg)
{
	struct ahead *a = arg;
	bool is_wanted = true;

	while (is_wanted) {
		is_wanted = a->fn(a->arg, a->made % a->places);
		pthread_mutex_lock(&a->lock);
		a->made++;
		pthread_cond_signal(&a->has_changed);
		while (a->made - a->used == a->places && !a->is_unwanted)
			pthread_cond_wait(&a->has_changed, &a->lock);
		is_wanted &= !a->is_unwanted;
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

void ahead_start(struct ahead *a, unsigned int places, bool wants_thread, ahead_fn *fn, void *arg)
{
	ahead_stop(a);
	a->fn = fn;
	a->arg = arg;
	a->places = places;
	a->made = a->used = 0;
	a->is_unwanted = false;
	a->has_thread = wants_thread && !thread_start(&a->thread, make, a);
}

unsigned int ahead_take(struct ahead *a)
{
	unsigned int place = a->used % a->places;

	if (!a->has_thread) {
		a->fn(a->arg, place);
		return place;
	}
	pthread_mutex_lock(&a->lock);
	while (a->made == a->used)
		pthread_cond_wait(&a->has_changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return place;
}

void ahead_give(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->used++;
	pthread_cond_signal(&a->has_changed);
	pthread_mutex_unlock(&a->lock);
}

void ahead_stop(struct ahead *a)
{
	if (!a->has_thread)
		return;
	pthread_mutex_lock(&a->lock);
	a->is_unwanted = true;
	pthread_cond_signal(&a->has_changed);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	a->has_thread = false;
}
