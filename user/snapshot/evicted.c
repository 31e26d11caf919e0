// SPDX-License-Identifier: GPL-2.0-only
/*
 * What full tables have evicted: how many records, and since when it may matter.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/snapshot/private.h"

static int compare_times(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* When each record was there last: of half of them, as they were kept or are in the table. */
static uint32_t *verified_lasts(struct snapshot *s, int epoch)
{
	struct half *h = &s->tables[epoch].verified;
	struct snapshot_item item;
	struct snapshot_walk w;
	uint32_t *last = h->last;
	size_t n = 0;

	h->last = NULL;
	if (s->only)
		return last;
	last = reallocarray(NULL, h->all, sizeof(*last));
	snapshot_start(s, epoch, NULL, &w);
	for (w.is_verified = true; last && snapshot_next(&w, &item); n++)
		last[n] = snapshot_later(item.verified->data.last, item.verified->talk.last);
	return last;
}

/*
 * Counts the records that an LRU table has evicted. It evicts records that were idle for
 * long, but not exactly the longest idle. So all that can be said is that half of the
 * remaining records were idle for less: evicted_s is the median of their last times.
 */
int snapshot_count_evicted(struct snapshot *s, int epoch)
{
	struct tables *t = &s->tables[epoch];
	size_t n = t->verified.all;
	struct gap *gap = &t->stats.gaps;
	uint32_t *last;

	if (!snapshot_may_have_evicted_verified(t))
		return 0;
	if (s->is_looked_up)
		return -EAGAIN;
	if (t->stats.verified_new <= n)
		return 0;
	gap->evicted = t->stats.verified_new - n;
	gap->evicted_s = t->stats.now_s;
	if (!n)
		return 0;
	last = verified_lasts(s, epoch);
	if (!last)
		return -ENOMEM;
	qsort(last, n, sizeof(*last), compare_times);
	gap->evicted_s = last[n / 2];
	free(last);
	return 0;
}

#define AGES 1440 /* minutes that are told apart */
/* So far from the middle of all may be that of a sample of thousands: nine standard deviations. */
#define SAMPLE_PERCENT 5

static uint32_t contact_last(const struct snapshot *s, int epoch, size_t i)
{
	return s->only ? s->tables[epoch].contacts.last[i] : snapshot_contacts_last(s, epoch, i);
}

/* The age in minutes that so many percent of the contacts are younger than. */
static unsigned int contacts_age(const struct snapshot *s, int epoch, unsigned int percent)
{
	const struct tables *t = &s->tables[epoch];
	size_t i, part = t->contacts.all * percent / 100, younger = 0;
	uint32_t ages[AGES + 1] = {};

	for (i = 0; i < t->contacts.all; i++) {
		uint32_t last = contact_last(s, epoch, i);
		uint32_t age = t->stats.now_s > last ? (t->stats.now_s - last) / 60 : 0;

		ages[age < AGES ? age : AGES]++;
	}
	for (i = 0; i < AGES && younger + ages[i] <= part; i++)
		younger += ages[i];
	return i;
}

static uint32_t evicted_since(const struct snapshot *s, int epoch, unsigned int percent)
{
	const struct tables *t = &s->tables[epoch];
	uint32_t age_s = t->contacts.all ? contacts_age(s, epoch, percent) * 60 : 0;

	return t->stats.now_s > age_s ? t->stats.now_s - age_s : 1;
}

/* Of a sample the median is not exact, and only that some were evicted is known, not how many. */
static int sample_contacts_evicted(struct snapshot *s, int epoch)
{
	struct snapshot_stats *stats = &s->tables[epoch].stats;

	if (stats->contacts_new <= stats->contacts_max)
		return -EAGAIN;
	stats->gaps.contacts_evicted = stats->contacts_new - stats->contacts_max;
	stats->gaps.contacts_evicted_s = evicted_since(s, epoch, 50);
	stats->contacts_evicted_s[0] = evicted_since(s, epoch, 50 + SAMPLE_PERCENT);
	stats->contacts_evicted_s[1] = evicted_since(s, epoch, 50 - SAMPLE_PERCENT);
	return 0;
}

/* The same of contacts, whose table always is an LRU. Only a full one evicts. */
int snapshot_count_contacts_evicted(struct snapshot *s, int epoch)
{
	struct tables *t = &s->tables[epoch];
	size_t n = t->contacts.all;

	if (!snapshot_may_have_evicted(t))
		return 0;
	if (s->is_looked_up && !t->is_whole)
		return sample_contacts_evicted(s, epoch);
	if (t->stats.contacts_new <= n || n < t->stats.contacts_max / 4 * 3)
		return 0;
	t->stats.gaps.contacts_evicted = t->stats.contacts_new - n;
	t->stats.gaps.contacts_evicted_s = evicted_since(s, epoch, 50);
	t->stats.contacts_evicted_s[0] = t->stats.contacts_evicted_s[1] = t->stats.gaps.contacts_evicted_s;
	return 0;
}
