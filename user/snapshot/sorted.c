// SPDX-License-Identifier: GPL-2.0-only
/*
 * A radix sort, since a million keys would need twenty million comparisons. IPv4 and IPv6
 * are sorted apart, each by as many digits as its keys have, in two threads if possible.
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
	free(s->entry);
	free(s->bytes);
	*s = (struct sorted){};
}

/* Grows the arrays for one more record of this many bytes. */
static int grow(struct sorted *s, size_t size)
{
	size_t capacity = s->entries_capacity ? s->entries_capacity : 64;
	void *grown;

	if (s->entries == s->entries_capacity) {
		capacity += capacity / 2;
		grown = reallocarray(s->entry, capacity, sizeof(*s->entry));
		if (!grown)
			return -ENOMEM;
		s->entry = grown;
		s->entries_capacity = capacity;
	}
	if (s->used + size <= s->capacity)
		return 0;
	capacity = s->capacity + s->capacity / 2 + size;
	/* sorted_entry.at has 32 bits. */
	grown = capacity > UINT32_MAX ? NULL : realloc(s->bytes, capacity);
	if (!grown)
		return -ENOMEM;
	s->bytes = grown;
	s->capacity = capacity;
	return 0;
}

int sorted_add(struct sorted *s, const struct pack_key *key, const unsigned char *record,
	       size_t size)
{
	uint16_t length = size;

	if (grow(s, LENGTH + size))
		return -ENOMEM;
	s->entry[s->entries++] = (struct sorted_entry){ key->high, key->low, s->used };
	memcpy(s->bytes + s->used, &length, LENGTH);
	memcpy(s->bytes + s->used + LENGTH, record, size);
	s->used += LENGTH + size;
	return 0;
}

/* --- sorting ----------------------------------------------------------------- */

/* One address family: its entries, and spare space for as many. */
struct family {
	struct sorted_entry *entry, *spare;
	size_t entries;
	int first, end;            /* the digits of its keys, the least significant first */
	const unsigned char *from; /* the records, where the entries point to */
	unsigned char *to;         /* the records in the order of the entries */
	size_t at;                 /* offset in sorted.bytes of this family's first record */
	size_t size;               /* of its records, in bytes */
	int error;
};

static unsigned int digit(const struct sorted_entry *e, int i)
{
	return (i < 2 ? e->low >> DIGIT_BITS * i : e->high >> DIGIT_BITS * (i - 2)) &
	       ((1u << DIGIT_BITS) - 1);
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
	struct family *f = arg;
	struct sorted_entry *from = f->entry, *to = f->spare, *was;
	uint32_t *count = malloc(sizeof(*count) << DIGIT_BITS);
	int i;

	f->error = count ? 0 : -ENOMEM;
	for (i = f->first; i < f->end && count && f->entries; i++) {
		if (!sort_digit(from, to, f->entries, i, count))
			continue;
		was = from;
		from = to;
		to = was;
	}
	if (from != f->entry)
		memcpy(f->entry, from, f->entries * sizeof(*from));
	free(count);
	return NULL;
}

static void *sort_records(void *arg)
{
	struct family *f = arg;
	size_t i, size, at = f->at;

	for (i = 0; i < f->entries; i++) {
		if (i + AHEAD < f->entries)
			__builtin_prefetch(f->from + f->entry[i + AHEAD].at);
		size = LENGTH + length_at(f->from + f->entry[i].at);
		memcpy(f->to + at, f->from + f->entry[i].at, size);
		f->entry[i].at = at;
		at += size;
	}
	return NULL;
}

/* Copies the entries: first those of IPv4, then those of IPv6. */
static void split(const struct sorted *s, struct sorted_entry *to, struct family f[2])
{
	size_t i;

	for (i = 0; i < s->entries; i++) {
		struct family *of = &f[!!s->entry[i].high];

		of->entries++;
		of->size += LENGTH + length_at(s->bytes + s->entry[i].at);
	}
	f[0].entry = to;
	f[1].entry = to + f[0].entries;
	for (i = 0; i < s->entries; i++)
		*f[!!s->entry[i].high].entry++ = s->entry[i];
	f[0].entry = to;
	f[1].entry = to + f[0].entries;
	f[0].spare = s->entry;
	f[1].spare = f[0].entries ? s->entry + f[0].entries : s->entry;
	f[1].at = f[0].size;
}

int sorted_sort(struct sorted *s)
{
	struct family f[2] = { { .first = 0, .end = 2 }, { .first = 2, .end = 6 } };
	struct sorted_entry *sorted = reallocarray(NULL, s->entries + 1, sizeof(*sorted));
	unsigned char *to;

	if (!sorted)
		return -ENOMEM;
	split(s, sorted, f);
	thread_both(sort_entries, &f[0], &f[1]);
	free(s->entry);
	s->entry = sorted;
	s->entries_capacity = s->entries + 1;
	to = malloc(s->used + 1);
	if (!to || f[0].error || f[1].error) {
		free(to);
		return -ENOMEM;
	}
	f[0].from = f[1].from = s->bytes;
	f[0].to = f[1].to = to;
	thread_both(sort_records, &f[0], &f[1]);
	free(s->bytes);
	s->bytes = to;
	s->capacity = s->used + 1;
	return 0;
}

/* --- reading ----------------------------------------------------------------- */

static struct pack_key key_of(const struct sorted_entry *e)
{
	return (struct pack_key){ e->high, e->low };
}

bool sorted_key(const struct sorted *s, size_t at, struct pack_key *key)
{
	if (at >= s->entries)
		return false;
	*key = key_of(&s->entry[at]);
	return true;
}

size_t sorted_find(const struct sorted *s, const struct pack_key *key)
{
	size_t from = 0, to = s->entries;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		struct pack_key is = key_of(&s->entry[mid]);

		if (pack_compare(&is, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

const unsigned char *sorted_record(const struct sorted *s, size_t at, size_t *size)
{
	const unsigned char *bytes = s->bytes + s->entry[at].at;

	*size = length_at(bytes);
	return bytes + LENGTH;
}

bool sorted_step_to(const struct sorted *s, size_t *at, const struct pack_key *key)
{
	struct pack_key is;
	int order = 1;

	while (sorted_key(s, *at, &is) && (order = pack_compare(&is, key)) < 0)
		++*at;
	return *at < s->entries && !order;
}
