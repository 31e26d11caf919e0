// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot/sorted.c: records are added in any order and come back in the order of their
 * keys, each with its own key; a search finds the key, or the one after it.
 */
#include <stdlib.h>
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/snapshot/sorted.h"

#define MANY 100000

/* Few values for each digit, so that some are the same, and some are not. */
static uint64_t some_digits(int digits)
{
	static const uint16_t few[] = { 0, 1, 0x2001, 0xdb8, 0x7fff, 0x8000, 0xffff };
	uint64_t key = 0;

	while (digits--)
		key = key << 16 | (random() % 2 ? few[random() % 7] : random() & 0xffff);
	return key;
}

static struct pack_key some_key(int family)
{
	if (family)
		return (struct pack_key){ .high = some_digits(4) | 1 };
	return (struct pack_key){ .low = some_digits(2) };
}

static int compare(const void *a, const void *b)
{
	return pack_compare(a, b);
}

/* n different keys, in order. */
static struct pack_key *make_keys(size_t *n, int family)
{
	struct pack_key *key = calloc(*n + 1, sizeof(*key));
	size_t i, unique = 0;

	if (!key)
		tap_die("calloc");
	for (i = 0; i < *n; i++)
		key[i] = some_key(family < 0 ? random() % 2 : family);
	qsort(key, *n, sizeof(*key), compare);
	for (i = 0; i < *n; i++)
		if (!unique || pack_compare(&key[i], &key[unique - 1]))
			key[unique++] = key[i];
	*n = unique;
	return key;
}

/* A record that tells whose it is, and has a length of its own. */
static size_t make_record(const struct pack_key *key, unsigned char *record)
{
	uint64_t mixed = (key->high ^ key->low) * 0x9e3779b97f4a7c15;
	size_t size = mixed >> 32 & SORTED_RECORD_MAX, i;

	for (i = 0; i < size; i++)
		record[i] = mixed >> 8 * (i % 8);
	return size;
}

static void add(struct sorted *t, const struct pack_key *key)
{
	unsigned char record[SORTED_RECORD_MAX];

	if (sorted_add(t, key, record, make_record(key, record)))
		tap_die("sorted_add");
}

/* As the kernel hands them out: in no order. */
static void fill(struct sorted *t, const struct pack_key *key, size_t n)
{
	size_t *at = calloc(n + 1, sizeof(*at)), i, k, was;

	if (!at)
		tap_die("calloc");
	for (i = 0; i < n; i++)
		at[i] = i;
	for (i = n; i > 1; i--) {
		k = random() % i;
		was = at[k];
		at[k] = at[i - 1];
		at[i - 1] = was;
	}
	for (i = 0; i < n; i++)
		add(t, &key[at[i]]);
	free(at);
}

static bool is_there(const struct sorted *t, size_t at, const struct pack_key *key)
{
	unsigned char record[SORTED_RECORD_MAX];
	size_t size, wanted = make_record(key, record);
	const unsigned char *has;
	struct pack_key is;

	if (!sorted_key(t, at, &is) || pack_compare(&is, key))
		return false;
	has = sorted_record(t, at, &size);
	return size == wanted && !memcmp(has, record, size);
}

static void test(const char *what, size_t n, int family)
{
	struct pack_key *key = make_keys(&n, family), is, other;
	bool is_same = true, is_found = true, is_stepped = true;
	struct sorted t = {};
	size_t i, at = 0, k;

	fill(&t, key, n);
	if (sorted_sort(&t))
		tap_die("sorted_sort");
	for (i = 0; i < n; i++) {
		is_same &= is_there(&t, i, &key[i]);
		is_found &= sorted_find(&t, &key[i]) == i;
		other = some_key(random() % 2);
		k = sorted_find(&t, &other);
		is_found &= k == n || pack_compare(&key[k], &other) >= 0;
		is_found &= !k || pack_compare(&key[k - 1], &other) < 0;
	}
	is_same &= !sorted_key(&t, n, &is);
	for (i = 0; i < n; i += 1 + random() % 3)
		is_stepped &= sorted_step_to(&t, &at, &key[i]) && at == i;
	other = (struct pack_key){ UINT64_MAX, UINT32_MAX };
	is_stepped &= !sorted_step_to(&t, &at, &other) && at == n;
	tap_ok(is_same, "%s: in order, each record with its key", what);
	tap_ok(is_found, "%s: what is sought is found, or what comes after it", what);
	tap_ok(is_stepped, "%s: steps reach what is there", what);
	sorted_free(&t);
	free(key);
}

int main(void)
{
	srandom(1);
	test("nobody", 0, -1);
	test("one of IPv4", 1, 0);
	test("one of IPv6", 1, 1);
	test("a few", 10, -1);
	test("IPv4", MANY, 0);
	test("IPv6", MANY, 1);
	test("both", MANY, -1);
	return tap_done();
}
