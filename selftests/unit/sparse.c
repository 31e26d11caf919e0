// SPDX-License-Identifier: GPL-2.0-only
/*
 * encode: what is encoded comes back, whatever it is; what was damaged is refused,
 * or is some record, and is never read beyond its end.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/record/sparse.h"

#define ROUNDS 20000

/* Mostly zeros, as records are. */
static void fill(uint32_t *record, unsigned int words)
{
	unsigned int i;

	for (i = 0; i < words; i++)
		record[i] = random() % 4 ? 0 : (uint32_t)random() * 2u + 1;
}

/* In memory of its own, so that valgrind sees a byte too far. */
static size_t expand_part(uint32_t *record, unsigned int words, const unsigned char *from,
			  size_t size)
{
	unsigned char *bytes = malloc(size ? size : 1);
	size_t used;

	if (!bytes)
		tap_die("malloc");
	memcpy(bytes, from, size);
	used = sparse_decode(record, words, bytes, size);
	free(bytes);
	return used;
}

static void test_all(void)
{
	uint32_t record[SPARSE_WORDS], back[SPARSE_WORDS];
	unsigned char bytes[SPARSE_MAX(SPARSE_WORDS)];
	bool is_same = true, is_short = true, is_cut = true, is_whole = true;
	unsigned int round, words;
	size_t size, part;

	for (round = 0; round < ROUNDS; round++) {
		words = 1 + random() % SPARSE_WORDS;
		fill(record, words);
		size = sparse_encode(bytes, record, words);
		is_short &= size <= SPARSE_MAX(words);
		is_same &= expand_part(back, words, bytes, size) == size &&
			   !memcmp(record, back, 4 * words);
		part = random() % size;
		is_cut &= !expand_part(back, words, bytes, part);
		bytes[random() % size] ^= 1 << random() % 8;
		is_whole &= expand_part(back, words, bytes, size) <= size;
	}
	tap_ok(is_same, "what is encoded comes back");
	tap_ok(is_short, "and is no longer than was said");
	tap_ok(is_cut, "what was cut off is refused");
	tap_ok(is_whole, "what was damaged is not read beyond its end");
}

static void test_size(void)
{
	uint32_t record[17] = {}, back[20], wide[20] = {};
	unsigned char bytes[SPARSE_MAX(20)];
	size_t size;

	record[0] = 1;
	record[16] = 2;
	tap_ok(sparse_encode(bytes, record, 17) == 1 + 3 + 8, "zeros take no space");
	memcpy(wide, record, sizeof(record));
	tap_ok(sparse_decode(back, 20, bytes, 12) == 12 && !memcmp(back, wide, sizeof(wide)),
	       "a record that has grown since has zeros there");
	wide[19] = 1;
	size = sparse_encode(bytes, wide, 20);
	back[17] = 77;
	tap_ok(sparse_decode(back, 17, bytes, size) == size &&
		       !memcmp(back, record, sizeof(record)) && back[17] == 77,
	       "of one that is longer as much is read as fits");
	memset(wide, 0, sizeof(wide));
	tap_ok(sparse_encode(bytes, wide, 20) == 2 && sparse_decode(back, 20, bytes, 2) == 2 &&
		       !back[0],
	       "one of zeros is a record all the same");
	wide[0] = 5;
	tap_ok(sparse_encode(bytes, wide, 20) == 1 + 1 + 4 && bytes[0] == 1,
	       "it carries its length, without zeros at its end");
	tap_ok(!sparse_decode(back, 20, (const unsigned char *)"\0", 1),
	       "one of no length is refused");
	bytes[0] = SPARSE_WORDS + 1;
	tap_ok(!sparse_decode(back, 20, bytes, sizeof(bytes)), "and one that is too long");
}

int main(void)
{
	srandom(1);
	test_all();
	test_size();
	return tap_done();
}
