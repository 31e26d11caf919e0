// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of evidence: written at a node, and read where they are judged. What is read comes from
 * others: every length is bounded, and every order that the judge relies on is checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/share/row.h"

/* Append-only: other versions read them. */
enum field {
	FIELD_LOW,
	FIELD_REAL,
	FIELD_HIGH,
	FIELD_DATA,
	FIELD_DATA_HIDDEN,
	FIELD_TALK,
	FIELD_BAD_ACKS,
	FIELD_WALK,
	FIELD_VISIT,
	FIELD_HOURS,
	FIELD_DATA_HOURS,
	FIELD_OPEN_HOURS,
	FIELD_DAYS,
	FIELDS
};
_Static_assert(ROW_WITH_DATA == 1u << FIELD_DATA, "the bit of data");

uint32_t bucket_of(const struct pack_key *key)
{
	if (!key->high)
		return key->low >> (32 - BUCKET_LEN_IP4);
	if (key->high >> 61 != 1)
		return key->high >> 61 ? BUCKETS - 1 : BUCKETS_IP4;
	return BUCKETS_IP4 + (key->high >> (64 - BUCKET_LEN_IP6) & (BUCKETS_IP6 - 1));
}

/* --- writing --------------------------------------------------------------------- */

static bool has_contact(const struct contact *c)
{
	return c->when.first || c->opens || c->hidden.first;
}

static uint32_t mask_of(const struct record *r)
{
	uint32_t mask = 0;

	mask |= has_contact(&r->low) << FIELD_LOW;
	mask |= has_contact(&r->real) << FIELD_REAL;
	mask |= has_contact(&r->high) << FIELD_HIGH;
	mask |= (r->data.first || r->data_count) << FIELD_DATA;
	mask |= (r->data_hidden.first != 0) << FIELD_DATA_HIDDEN;
	mask |= (r->talk.first || r->talk_hours) << FIELD_TALK;
	mask |= (r->bad_acks != 0) << FIELD_BAD_ACKS;
	mask |= (r->walks || r->walk.last) << FIELD_WALK;
	mask |= (r->visit.last != 0) << FIELD_VISIT;
	mask |= (r->hours != 0) << FIELD_HOURS;
	mask |= (r->data_hours != 0) << FIELD_DATA_HOURS;
	mask |= (r->open_hours != 0) << FIELD_OPEN_HOURS;
	mask |= (r->days[0] || r->days[1] || r->days[2]) << FIELD_DAYS;
	return mask;
}

static void write_contact(struct bytes *b, const struct contact *c)
{
	bytes_span(b, c->when);
	bytes_number(b, c->opens);
	bytes_span(b, c->hidden);
}

static void write_twice(struct bytes *b, const struct twice *t)
{
	bytes_time(b, t->prev);
	bytes_time(b, t->last);
}

/* The first of the last ones that fit. */
static unsigned int skipped(struct bytes *b, unsigned int n)
{
	unsigned int skip = n > ROW_HOURS_MAX ? n - ROW_HOURS_MAX : 0;

	bytes_number(b, n - skip);
	return skip;
}

static void write_hour(struct bytes *b, const struct hour *h)
{
	uint32_t slots = 0;
	int i;

	for (i = 0; i < NOLIST_EVENT_SLOTS; i++)
		slots |= (h->n[i] != 0) << i;
	bytes_time(b, h->start);
	bytes_number(b, h->last);
	bytes_number(b, slots);
	for (i = 0; i < NOLIST_EVENT_SLOTS; i++)
		if (h->n[i])
			bytes_number(b, h->n[i]);
}

static void write_hours(struct bytes *b, const struct record *r, uint32_t mask)
{
	unsigned int i;

	if (mask & 1u << FIELD_HOURS)
		for (i = skipped(b, r->hours); i < r->hours; i++)
			write_hour(b, &r->hour[i]);
	if (mask & 1u << FIELD_DATA_HOURS)
		for (i = skipped(b, r->data_hours); i < r->data_hours; i++)
			bytes_time(b, r->data_hour[i]);
	if (mask & 1u << FIELD_OPEN_HOURS)
		for (i = skipped(b, r->open_hours); i < r->open_hours; i++) {
			bytes_time(b, r->open_hour[i].start);
			bytes_number(b, r->open_hour[i].roles);
		}
}

static void write_fields(struct bytes *b, const struct record *r, uint32_t mask)
{
	const struct contact *const contact[] = { &r->low, &r->real, &r->high };
	int i;

	for (i = 0; i < 3; i++)
		if (mask & 1u << i)
			write_contact(b, contact[i]);
	if (mask & 1u << FIELD_DATA) {
		bytes_span(b, r->data);
		bytes_number(b, r->data_count);
	}
	if (mask & 1u << FIELD_DATA_HIDDEN)
		bytes_span(b, r->data_hidden);
	if (mask & 1u << FIELD_TALK) {
		bytes_span(b, r->talk);
		bytes_number(b, r->talk_hours);
	}
	if (mask & 1u << FIELD_BAD_ACKS)
		bytes_number(b, r->bad_acks);
	if (mask & 1u << FIELD_WALK) {
		write_twice(b, &r->walk);
		bytes_number(b, r->walks);
	}
	if (mask & 1u << FIELD_VISIT)
		write_twice(b, &r->visit);
	write_hours(b, r, mask);
	for (i = 0; i < 4 && mask & 1u << FIELD_DAYS; i++)
		bytes_number(b, i ? r->days[i - 1] : r->day);
}

void row_write(struct bytes *b, const struct record *r, const struct pack_key *key,
	       const struct pack_key *prev)
{
	uint32_t mask = mask_of(r);
	size_t from;

	bytes_number(b, key->high ? key->high - prev->high : key->low - prev->low);
	from = b->used;
	b->time = 0;
	bytes_number(b, mask);
	write_fields(b, r, mask);
	bytes_count(b, from);
}

/* --- reading ---------------------------------------------------------------------- */

static struct contact read_contact(struct cursor *c)
{
	struct contact to;

	to.when = cursor_span(c);
	to.opens = cursor_limited(c, UINT32_MAX);
	to.hidden = cursor_span(c);
	return to;
}

static struct twice read_twice(struct cursor *c)
{
	struct twice t;

	t.prev = cursor_time(c);
	t.last = cursor_time(c);
	c->is_bad |= t.prev > t.last;
	return t;
}

/* Room for n elements in *at; false: there is no memory, or they are too many. */
static bool has_room(void *at, unsigned int *room, size_t n, size_t size)
{
	void **array = at, *grown;

	if (n > ROW_HOURS_MAX)
		return false;
	if (n <= *room)
		return true;
	grown = reallocarray(*array, n, size);
	if (!grown)
		return false;
	*array = grown;
	*room = n;
	return true;
}

static uint32_t read_start(struct cursor *c, uint32_t prev)
{
	int64_t start = cursor_time(c);

	c->is_bad |= !start || start > UINT32_MAX || start < prev;
	return start;
}

static void read_hour(struct cursor *c, struct hour *h, uint32_t prev)
{
	uint32_t slots;
	int i;

	*h = (struct hour){ .start = read_start(c, prev) };
	h->last = cursor_limited(c, HOUR_S < UINT16_MAX ? HOUR_S : UINT16_MAX);
	slots = cursor_limited(c, (1u << NOLIST_EVENT_SLOTS) - 1);
	for (i = 0; i < NOLIST_EVENT_SLOTS; i++)
		if (slots & 1u << i)
			h->n[i] = cursor_limited(c, UINT16_MAX);
}

static void read_hours(struct cursor *c, struct row *row, uint32_t mask)
{
	struct record *r = &row->r;
	size_t n, i;

	n = mask & 1u << FIELD_HOURS ? cursor_count(c) : 0;
	c->is_bad |= !has_room(&row->hour, &row->hour_room, n, sizeof(*row->hour));
	for (i = 0; i < n && !c->is_bad; i++)
		read_hour(c, &row->hour[i], i ? row->hour[i - 1].start + 1 : 0);
	r->hours = n;
	n = mask & 1u << FIELD_DATA_HOURS ? cursor_count(c) : 0;
	c->is_bad |= !has_room(&row->data_hour, &row->data_room, n, sizeof(*row->data_hour));
	for (i = 0; i < n && !c->is_bad; i++)
		row->data_hour[i] = read_start(c, i ? row->data_hour[i - 1] : 0);
	r->data_hours = n;
	n = mask & 1u << FIELD_OPEN_HOURS ? cursor_count(c) : 0;
	c->is_bad |= !has_room(&row->open_hour, &row->open_room, n, sizeof(*row->open_hour));
	for (i = 0; i < n && !c->is_bad; i++) {
		row->open_hour[i].start = read_start(c, i ? row->open_hour[i - 1].start : 0);
		row->open_hour[i].roles = cursor_limited(c, UINT32_MAX);
	}
	r->open_hours = n;
	r->hour = row->hour;
	r->data_hour = row->data_hour;
	r->open_hour = row->open_hour;
}

static void read_fields(struct cursor *c, struct row *row, uint32_t mask)
{
	struct record *r = &row->r;
	struct contact *const contact[] = { &r->low, &r->real, &r->high };
	int i;

	for (i = 0; i < 3; i++)
		if (mask & 1u << i)
			*contact[i] = read_contact(c);
	if (mask & 1u << FIELD_DATA) {
		r->data = cursor_span(c);
		r->data_count = cursor_limited(c, UINT32_MAX);
	}
	if (mask & 1u << FIELD_DATA_HIDDEN)
		r->data_hidden = cursor_span(c);
	if (mask & 1u << FIELD_TALK) {
		r->talk = cursor_span(c);
		r->talk_hours = cursor_limited(c, UINT32_MAX);
	}
	if (mask & 1u << FIELD_BAD_ACKS)
		r->bad_acks = cursor_limited(c, UINT32_MAX);
	if (mask & 1u << FIELD_WALK) {
		r->walk = read_twice(c);
		r->walks = cursor_limited(c, UINT32_MAX);
	}
	if (mask & 1u << FIELD_VISIT)
		r->visit = read_twice(c);
	read_hours(c, row, mask);
	for (i = 0; i < 4 && mask & 1u << FIELD_DAYS; i++)
		*(i ? &r->days[i - 1] : &r->day) = cursor_limited(c, i ? UINT32_MAX : UINT32_MAX / DAY_S);
}

/* The next key of the bucket; false: it is in another one, or not behind the one before. */
static bool next_key(struct cursor *c, uint32_t bucket, struct pack_key *key)
{
	bool is_ip4 = bucket < BUCKETS_IP4;
	uint64_t by = cursor_number(c);

	/* 0.0.0.0 is no source. */
	if (!by)
		return false;
	if (is_ip4 ? by > UINT32_MAX - key->low : by > UINT64_MAX - key->high)
		return false;
	if (is_ip4)
		key->low += by;
	else
		key->high += by;
	return !c->is_bad && bucket_of(key) == bucket;
}

int row_read(struct cursor *c, uint32_t bucket, unsigned int with, struct row *row)
{
	struct cursor body;
	uint32_t mask;
	size_t size;

	do {
		if (!cursor_left(c))
			return c->is_bad ? -EBADMSG : 0;
		if (!next_key(c, bucket, &row->key))
			return -EBADMSG;
		size = cursor_count(c);
		if (c->is_bad)
			return -EBADMSG;
		body = cursor_of(c->at, size);
		c->at += size;
		mask = cursor_limited(&body, UINT32_MAX);
	} while (with && !(mask & with) && !body.is_bad);
	row->r = (struct record){ .src = pack_source(&row->key) };
	read_fields(&body, row, mask);
	/* What a newer version writes comes last. */
	if (body.is_bad || (!(mask >> FIELDS) && cursor_left(&body)))
		return -EBADMSG;
	return 1;
}

void row_free(struct row *row)
{
	free(row->hour);
	free(row->data_hour);
	free(row->open_hour);
	*row = (struct row){};
}
