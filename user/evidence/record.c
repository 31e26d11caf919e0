// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a record of the parts of a source: all epochs together, in UTC.
 */
#include <stdlib.h>
#include <string.h>

#include "user/evidence/private.h"

/* Seconds since 1970, rounded down, so that nothing seems to be in the future; 0: never. */
int64_t record_wall(uint32_t at, int64_t wall_s)
{
	int64_t s = (int64_t)at - 1 + wall_s;

	if (!at)
		return 0;
	return s < 1 ? 1 : s > UINT32_MAX ? UINT32_MAX : s;
}

static void cover(struct span *when, struct pack_span now, int64_t wall_s)
{
	int64_t first = record_wall(now.first, wall_s), last = record_wall(now.last, wall_s);

	if (!first)
		return;
	if (!when->first || first < when->first)
		when->first = first;
	if (last > when->last)
		when->last = last;
}

static void add_contact(struct contact *c, const struct stored_contacts *k, int role,
			int64_t wall_s)
{
	cover(&c->when, k->now.role[role], wall_s);
	if (role != PACK_HIGH)
		cover(&c->hidden, k->hidden[role], wall_s);
	c->opens = pack_sum(c->opens, pack_sum(k->before[role], k->now.opens[role]));
}

static void add_days(struct record *r, const struct stored_contacts *k)
{
	uint32_t day = k->day > r->day ? k->day : r->day;
	int i;

	for (i = 0; i < PACK_ROLES; i++)
		r->days[i] = pack_days_later(r->days[i], day - r->day) |
			     pack_days_later(k->days[i], day - k->day);
	r->day = day;
}

static bool has_talk(const struct pack_hour *h)
{
	int i;

	for (i = 0; i < NOLIST_EVENT_SLOTS; i++)
		if (h->n[i])
			return true;
	return !(h->seen & ~PACK_SEEN_NEW);
}

static void add_hours(struct evidence *e, struct record *r, const struct stored *k, int64_t wall_s)
{
	unsigned int i;

	for (i = 0; i < k->hours; i++) {
		const struct pack_hour *h = &k->hour[i];
		uint32_t start = record_wall((h->hour - 1) * (uint32_t)HOUR_S + 1, wall_s);

		if (h->seen & PACK_SEEN_DATA)
			e->data_hour[r->data_hours++] = start;
		if (h->seen / PACK_SEEN_LOW)
			e->open_hour[r->open_hours++] =
				(struct open_hour){ start, h->seen / PACK_SEEN_LOW };
		if (!has_talk(h))
			continue;
		e->hour[r->hours].start = start;
		e->hour[r->hours].last = h->last;
		memcpy(e->hour[r->hours++].n, h->n, sizeof(h->n));
	}
}

static int compare_hours(const void *a, const void *b)
{
	const struct hour *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int compare_times(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_opens(const void *a, const void *b)
{
	const struct open_hour *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static uint16_t sum16(uint16_t a, uint16_t b)
{
	return a + b > UINT16_MAX ? UINT16_MAX : a + b;
}

static void merge_hour(struct hour *a, const struct hour *b)
{
	uint32_t last = b->last ? b->start - a->start + b->last : 0;
	int i;

	/* The later one may end after this hour: then its last second is all that can be told. */
	if (a->last && last)
		a->last = last > HOUR_S ? HOUR_S : last > a->last ? last : a->last;
	else
		a->last = 0;

	for (i = 0; i < NOLIST_EVENT_SLOTS; i++)
		if (i != NOLIST_EVENT_TENANT)
			a->n[i] = sum16(a->n[i], b->n[i]);
		else if (b->n[i] > a->n[i])
			a->n[i] = b->n[i];
}

/*
 * Each boot has hours of its own. Two that overlap are merged into one, since a reboot in
 * the middle of a delivery must not make two offences of it.
 */
static void merge_hours(struct evidence *e, struct record *r)
{
	unsigned int i, merged = 0;

	qsort(e->hour, r->hours, sizeof(*e->hour), compare_hours);
	for (i = 0; i < r->hours; i++) {
		if (merged && e->hour[i].start < e->hour[merged - 1].start + (uint32_t)HOUR_S)
			merge_hour(&e->hour[merged - 1], &e->hour[i]);
		else
			e->hour[merged++] = e->hour[i];
	}
	r->talk_hours -= r->hours - merged < r->talk_hours ? r->hours - merged : 0;
	r->hours = merged;
	qsort(e->data_hour, r->data_hours, sizeof(*e->data_hour), compare_times);
	qsort(e->open_hour, r->open_hours, sizeof(*e->open_hour), compare_opens);
}

static void add_twice(struct twice *to, const struct pack_twice *from, int64_t wall_s)
{
	pack_twice(&to->prev, &to->last, record_wall(from->prev, wall_s), record_wall(from->last, wall_s),
		   PACK_APART_S - 1);
}

static void add_part(struct evidence *e, struct record *r, const struct stored *k, int64_t wall_s)
{
	const struct stored_verified *v = &k->verified;

	if (k->contacts.begin) {
		add_contact(&r->low, &k->contacts, PACK_LOW, wall_s);
		add_contact(&r->real, &k->contacts, PACK_REAL, wall_s);
		add_contact(&r->high, &k->contacts, PACK_HIGH, wall_s);
		add_days(r, &k->contacts);
	}
	if (!v->begin)
		return;
	cover(&r->data, v->now.data, wall_s);
	cover(&r->data_hidden, v->hidden, wall_s);
	cover(&r->talk, v->now.talk, wall_s);
	r->data_count = pack_sum(r->data_count, pack_sum(v->before_data_count, v->now.data_count));
	r->talk_hours = pack_sum(r->talk_hours, pack_sum(v->before_talk_hours, v->now.talk_hours));
	r->bad_acks = pack_sum(r->bad_acks, pack_sum(v->before_bad_acks, v->now.bad_acks));
	r->walks = pack_sum(r->walks, pack_sum(v->before_walks, v->walks));
	add_twice(&r->walk, &v->walk, wall_s);
	add_twice(&r->visit, &v->visit, wall_s);
	add_hours(e, r, k, wall_s);
}

void evidence_lifts(const struct evidence *e, const struct pack_key *key, struct record *r)
{
	size_t from = 0, to = e->lifts;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (pack_compare(&e->lift_key[mid], key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	r->lift = e->lift + from;
	r->lifts = 0;
	for (; from + r->lifts < e->lifts; r->lifts++)
		if (pack_compare(&e->lift_key[from + r->lifts], key))
			break;
}

void evidence_record(struct evidence *e, const struct pack_key *key, struct record *r)
{
	int i, parts = 0;

	*r = (struct record){ .src = pack_source(key), .hour = e->hour, .data_hour = e->data_hour,
			      .open_hour = e->open_hour };
	for (i = 0; i < e->epochs; i++) {
		if (!e->part[i].is_there)
			continue;
		add_part(e, r, &e->part[i].stored, e->epoch[i].epoch.wall_s);
		parts++;
	}
	if (parts > 1)
		merge_hours(e, r);
	if (e->lifts)
		evidence_lifts(e, key, r);
}
