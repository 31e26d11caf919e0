// SPDX-License-Identifier: GPL-2.0-only
/*
 * A radix sort, since a million keys would need twenty million comparisons. IPv4 and IPv6 are held
 * and sorted apart, each by as many digits as its keys have, in two threads if possible. The records
 * are copied one family after the other, so that only one of them is there twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/snapshot/sorted.h"
#include "user/base/thread.h"

#define DIGIT_BITS 16
#define AHEAD 16 /* records prefetched: the processor waits for memory otherwise */

/* The length of each record stands in front of it. */
#define LENGTH sizeof(uint16_t)

static size_t length_at(const unsigned char *bytes)
{
	uint16_t length;

	memcpy(&length, bytes, LENGTH);
	return length;
}

void sorted_free(struct sorted *s)
{
	int i;

	for (i = 0; i < 2; i++) {
		free(s->family[i].entry);
		free(s->family[i].bytes);
	}
	*s = (struct sorted){};
}

static uint64_t key_of(const struct sorted_entry *e)
{
	uint64_t key;

	memcpy(&key, e->key, sizeof(key));
	return key;
}

/* Grows the arrays for one more record of this many bytes. */
static int grow(struct sorted_family *f, size_t size)
{
	size_t capacity = f->entries_capacity ? f->entries_capacity : 64;
	void *grown;

	if (f->entries == f->entries_capacity) {
		capacity += capacity / 2;
		grown = reallocarray(f->entry, capacity, sizeof(*f->entry));
		if (!grown)
			return -ENOMEM;
		f->entry = grown;
		f->entries_capacity = capacity;
	}
	if (f->used + size <= f->capacity)
		return 0;
	capacity = f->capacity + f->capacity / 2 + size;
	/* sorted_entry.at has 32 bits. */
	grown = capacity > UINT32_MAX ? NULL : realloc(f->bytes, capacity);
	if (!grown)
		return -ENOMEM;
	f->bytes = grown;
	f->capacity = capacity;
	return 0;
}

int sorted_add(struct sorted *s, const struct pack_key *key, const unsigned char *record,
	       size_t size)
{
	struct sorted_family *f = &s->family[!!key->high];
	uint64_t number = key->high ? key->high : key->low;
	uint16_t length = size;

	if (grow(f, LENGTH + size))
		return -ENOMEM;
	memcpy(f->entry[f->entries].key, &number, sizeof(number));
	f->entry[f->entries++].at = f->used;
	memcpy(f->bytes + f->used, &length, LENGTH);
	memcpy(f->bytes + f->used + LENGTH, record, size);
	f->used += LENGTH + size;
	return 0;
}

/* --- sorting ----------------------------------------------------------------- */

struct sorting {
	struct sorted_family *f;
	int digits; /* of its keys */
	int error;
};

static unsigned int digit(const struct sorted_entry *e, int i)
{
	return key_of(e) >> DIGIT_BITS * i & ((1u << DIGIT_BITS) - 1);
}

/* A stable sort by digit i; false: the digit is the same in all entries, nothing is done. */
static bool sort_digit(const struct sorted_entry *from, struct sorted_entry *to, size_t n, int i,
		       uint32_t *count)
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

static void *sort_entries(void *arg)
{
	struct sorting *s = arg;
	struct sorted_family *f = s->f;
	struct sorted_entry *to = reallocarray(NULL, f->entries + 1, sizeof(*to)), *was;
	uint32_t *count = malloc(sizeof(*count) << DIGIT_BITS);
	int i;

	s->error = count && to ? 0 : -ENOMEM;
	for (i = 0; i < s->digits && !s->error && f->entries; i++) {
		if (!sort_digit(f->entry, to, f->entries, i, count))
			continue;
		was = f->entry;
		f->entry = to;
		to = was;
	}
	/* Either array has room for all. */
	f->entries_capacity = f->entries;
	free(to);
	free(count);
	return NULL;
}

/* Memory for the records of one family in their order, and afterwards that of its records before. */
struct spare {
	unsigned char *bytes;
	size_t capacity;
};

static int reserve_spare(struct spare *to, size_t capacity)
{
	if (to->bytes && to->capacity >= capacity)
		return 0;
	free(to->bytes);
	to->bytes = malloc(capacity);
	to->capacity = capacity;
	return to->bytes ? 0 : -ENOMEM;
}

static int sort_records(struct sorted_family *f, struct spare *to)
{
	struct spare was = { f->bytes, f->capacity };
	size_t i, size, at = 0;

	if (reserve_spare(to, f->used + 1))
		return -ENOMEM;
	for (i = 0; i < f->entries; i++) {
		if (i + AHEAD < f->entries)
			__builtin_prefetch(f->bytes + f->entry[i + AHEAD].at);
		size = LENGTH + length_at(f->bytes + f->entry[i].at);
		memcpy(to->bytes + at, f->bytes + f->entry[i].at, size);
		f->entry[i].at = at;
		at += size;
	}
	/* The memory may be that of a longer family. */
	f->bytes = realloc(to->bytes, at + 1);
	f->bytes = f->bytes ? f->bytes : to->bytes;
	f->capacity = at + 1;
	*to = was;
	return 0;
}

int sorted_sort(struct sorted *s)
{
	struct sorting ip4 = { &s->family[0], 2, 0 }, ip6 = { &s->family[1], 4, 0 };
	struct spare spare = {};
	int error;

	thread_both(sort_entries, &ip4, &ip6);
	error = ip4.error ? ip4.error : ip6.error;
	if (!error)
		error = sort_records(&s->family[0], &spare);
	/* The memory that the first family leaves has been touched: it is not asked for anew. */
	if (!error)
		error = sort_records(&s->family[1], &spare);
	free(spare.bytes);
	return error;
}

/* --- reading ----------------------------------------------------------------- */

bool sorted_key(const struct sorted *s, size_t at, struct pack_key *key)
{
	size_t ip4 = s->family[0].entries;

	if (at < ip4)
		*key = (struct pack_key){ .low = key_of(&s->family[0].entry[at]) };
	else if (at - ip4 < s->family[1].entries)
		*key = (struct pack_key){ .high = key_of(&s->family[1].entry[at - ip4]) };
	else
		return false;
	return true;
}

size_t sorted_find(const struct sorted *s, const struct pack_key *key)
{
	const struct sorted_family *f = &s->family[!!key->high];
	uint64_t number = key->high ? key->high : key->low;
	size_t from = 0, to = f->entries;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (key_of(&f->entry[mid]) < number)
			from = mid + 1;
		else
			to = mid;
	}
	return from + (key->high ? s->family[0].entries : 0);
}

const unsigned char *sorted_record(const struct sorted *s, size_t at, size_t *size)
{
	const struct sorted_family *f = &s->family[at >= s->family[0].entries];
	const unsigned char *bytes =
		f->bytes + f->entry[at - (f == s->family ? 0 : s->family[0].entries)].at;

	*size = length_at(bytes);
	return bytes + LENGTH;
}

bool sorted_step_to(const struct sorted *s, size_t *at, const struct pack_key *key)
{
	struct pack_key is;
	int order = 1;

	while (sorted_key(s, *at, &is) && (order = pack_compare(&is, key)) < 0)
		++*at;
	return *at < sorted_count(s) && !order;
}
