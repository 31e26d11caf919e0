// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sorted by digits, since a million keys would need twenty million comparisons, and
 * each family apart, by the digits that it has: in two threads where they can be had.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/snapshot/sorted.h"
#include "user/base/thread.h"

#define DIGIT_BITS 16
#define AHEAD 16 /* records: the processor waits for memory otherwise */

/* Each record's length, in front of it. */
#define LENGTH sizeof(uint16_t)

static size_t length_at(const unsigned char *bytes)
{
	uint16_t length;

	memcpy(&length, bytes, LENGTH);
	return length;
}

void table_free(struct table *t)
{
	free(t->place);
	free(t->bytes);
	*t = (struct table){};
}

/* Makes room for one more record of so many bytes. */
static int grow(struct table *t, size_t size)
{
	size_t capacity = t->places_capacity ? t->places_capacity : 64;
	void *grown;

	if (t->places == t->places_capacity) {
		capacity += capacity / 2;
		grown = reallocarray(t->place, capacity, sizeof(*t->place));
		if (!grown)
			return -ENOMEM;
		t->place = grown;
		t->places_capacity = capacity;
	}
	if (t->used + size <= t->capacity)
		return 0;
	capacity = t->capacity + t->capacity / 2 + size;
	/* A place has 32 bits. */
	grown = capacity > UINT32_MAX ? NULL : realloc(t->bytes, capacity);
	if (!grown)
		return -ENOMEM;
	t->bytes = grown;
	t->capacity = capacity;
	return 0;
}

int table_add(struct table *t, const struct pack_key *key, const unsigned char *record,
	      size_t size)
{
	uint16_t length = size;

	if (grow(t, LENGTH + size))
		return -ENOMEM;
	t->place[t->places++] = (struct place){ key->high, key->low, t->used };
	memcpy(t->bytes + t->used, &length, LENGTH);
	memcpy(t->bytes + t->used + LENGTH, record, size);
	t->used += LENGTH + size;
	return 0;
}

/* --- sorting ----------------------------------------------------------------- */

/* One of the two families: its places, and as much room again. */
struct family {
	struct place *place, *capacity;
	size_t places;
	int first, end; /* the digits of its keys, the least one first */
	const unsigned char *from; /* records by place */
	unsigned char *to;         /* in the order of places */
	size_t at;                 /* in table.bytes, where they shall begin */
	size_t size;
	int error;
};

static unsigned int digit(const struct place *p, int i)
{
	return (i < 2 ? p->low >> DIGIT_BITS * i : p->high >> DIGIT_BITS * (i - 2)) &
	       ((1u << DIGIT_BITS) - 1);
}

/* By one digit, keeping the order of those that have the same; false: all have. */
static bool sort_digit(const struct place *from, struct place *to, size_t n, int i, uint32_t *count)
{
	uint32_t before = 0, here;
	size_t k;

	memset(count, 0, sizeof(*count) << DIGIT_BITS);
	for (k = 0; k < n; k++)
		count[digit(&from[k], i)]++;
	if (count[digit(&from[0], i)] == n)
		return false;
	for (k = 0; k < 1u << DIGIT_BITS; k++) {
		here = count[k];
		count[k] = before;
		before += here;
	}
	for (k = 0; k < n; k++)
		to[count[digit(&from[k], i)]++] = from[k];
	return true;
}

static void *sort_places(void *arg)
{
	struct family *f = arg;
	struct place *from = f->place, *to = f->capacity, *was;
	uint32_t *count = malloc(sizeof(*count) << DIGIT_BITS);
	int i;

	f->error = count ? 0 : -ENOMEM;
	for (i = f->first; i < f->end && count && f->places; i++) {
		if (!sort_digit(from, to, f->places, i, count))
			continue;
		was = from;
		from = to;
		to = was;
	}
	if (from != f->place)
		memcpy(f->place, from, f->places * sizeof(*from));
	free(count);
	return NULL;
}

static void *sort_records(void *arg)
{
	struct family *f = arg;
	size_t i, size, at = f->at;

	for (i = 0; i < f->places; i++) {
		if (i + AHEAD < f->places)
			__builtin_prefetch(f->from + f->place[i + AHEAD].at);
		size = LENGTH + length_at(f->from + f->place[i].at);
		memcpy(f->to + at, f->from + f->place[i].at, size);
		f->place[i].at = at;
		at += size;
	}
	return NULL;
}

/* Copies the places to others, the families apart. */
static void part(const struct table *t, struct place *to, struct family f[2])
{
	size_t i;

	for (i = 0; i < t->places; i++) {
		struct family *of = &f[!!t->place[i].high];

		of->places++;
		of->size += LENGTH + length_at(t->bytes + t->place[i].at);
	}
	f[0].place = to;
	f[1].place = to + f[0].places;
	for (i = 0; i < t->places; i++)
		*f[!!t->place[i].high].place++ = t->place[i];
	f[0].place = to;
	f[1].place = to + f[0].places;
	f[0].capacity = t->place;
	f[1].capacity = t->place + f[0].places;
	f[1].at = f[0].size;
}

int table_sort(struct table *t)
{
	struct family f[2] = { { .first = 0, .end = 2 }, { .first = 2, .end = 6 } };
	struct place *sorted = reallocarray(NULL, t->places + 1, sizeof(*sorted));
	unsigned char *to;

	if (!sorted)
		return -ENOMEM;
	part(t, sorted, f);
	thread_both(sort_places, &f[0], &f[1]);
	free(t->place);
	t->place = sorted;
	t->places_capacity = t->places + 1;
	to = malloc(t->used + 1);
	if (!to || f[0].error || f[1].error) {
		free(to);
		return -ENOMEM;
	}
	f[0].from = f[1].from = t->bytes;
	f[0].to = f[1].to = to;
	thread_both(sort_records, &f[0], &f[1]);
	free(t->bytes);
	t->bytes = to;
	t->capacity = t->used + 1;
	return 0;
}

/* --- reading ----------------------------------------------------------------- */

static struct pack_key key_of(const struct place *p)
{
	return (struct pack_key){ p->high, p->low };
}

bool table_key(const struct table *t, size_t at, struct pack_key *key)
{
	if (at >= t->places)
		return false;
	*key = key_of(&t->place[at]);
	return true;
}

size_t table_find(const struct table *t, const struct pack_key *key)
{
	size_t from = 0, to = t->places;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		struct pack_key is = key_of(&t->place[mid]);

		if (pack_compare(&is, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

const unsigned char *table_record(const struct table *t, size_t at, size_t *size)
{
	const unsigned char *bytes = t->bytes + t->place[at].at;

	*size = length_at(bytes);
	return bytes + LENGTH;
}

bool table_step_to(const struct table *t, size_t *at, const struct pack_key *key)
{
	struct pack_key is;
	int order = 1;

	while (table_key(t, *at, &is) && (order = pack_compare(&is, key)) < 0)
		++*at;
	return *at < t->places && !order;
}
