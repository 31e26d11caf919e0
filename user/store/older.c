// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of older versions of the store, for the steps that bring it up to date: in the
 * first versions they were as long as in memory, later encoded without a length, each with a
 * fixed number of words.
 */
#include <string.h>

#include "user/record/sparse.h"
#include "user/store/private.h"

/* An hour until version 6. */
struct old_hour {
	uint32_t hour;
	uint16_t n[9];
	uint16_t seen;
};

#define HOUR_WORDS (sizeof(struct pack_hour) / 4)
#define OLD_HOUR_WORDS (sizeof(struct old_hour) / 4)
#define OLD_MAX(words) (SPARSE_MASK(words) + 4 * (words))

static size_t old_sparse(unsigned char *sparse, const unsigned char *record, unsigned int words)
{
	unsigned char *at = sparse + SPARSE_MASK(words);
	uint32_t word;
	unsigned int i;

	memset(sparse, 0, SPARSE_MASK(words));
	for (i = 0; i < words; i++) {
		memcpy(&word, record + 4 * i, 4);
		if (!word)
			continue;
		sparse[i / 8] |= 1u << i % 8;
		memcpy(at, &word, 4);
		at += 4;
	}
	return at - sparse;
}

/* Returns the bytes of the encoded record; 0: there is none at sparse. */
static size_t old_expand(unsigned char *record, unsigned int words, const unsigned char *sparse,
			 size_t size)
{
	const unsigned char *at = sparse + SPARSE_MASK(words);
	unsigned int i;

	memset(record, 0, 4 * words);
	if (size < SPARSE_MASK(words) || (words % 8 && at[-1] >> words % 8))
		return 0;
	for (i = 0; i < words; i++) {
		if (!(sparse[i / 8] & 1u << i % 8))
			continue;
		if (sparse + size - at < 4)
			return 0;
		memcpy(record + 4 * i, at, 4);
		at += 4;
	}
	return at - sparse;
}

/* squeezed(BLOB, WORDS): encodes the records of this many words in a blob, without length. */
static void on_sparse(sqlite3_context *context, int args, sqlite3_value **arg)
{
	const unsigned char *from = sqlite3_value_blob(arg[0]);
	size_t at, size = sqlite3_value_bytes(arg[0]), words = sqlite3_value_int(arg[1]), used = 0;
	unsigned char *to;

	(void)args;
	if (!from)
		return;
	if (size % (4 * words)) {
		sqlite3_result_error_code(context, SQLITE_CORRUPT);
		return;
	}
	to = sqlite3_malloc64(size / (4 * words) * OLD_MAX(words));
	if (!to) {
		sqlite3_result_error_nomem(context);
		return;
	}
	for (at = 0; at < size; at += 4 * words)
		used += old_sparse(to + used, from + at, words);
	sqlite3_result_blob(context, to, used, sqlite3_free);
}

/* One record with its length; an hour has more events now. */
static size_t with_length(unsigned char *to, const unsigned char *record, unsigned int words)
{
	struct pack_hour hour = {};
	struct old_hour old;

	if (words != OLD_HOUR_WORDS)
		return sparse_encode(to, record, words);
	memcpy(&old, record, sizeof(old));
	hour.hour = old.hour;
	memcpy(hour.n, old.n, sizeof(old.n));
	hour.seen = old.seen;
	return sparse_encode(to, &hour, HOUR_WORDS);
}

/* with_length(BLOB, WORDS): the same records, each with its length. */
static void on_with_length(sqlite3_context *context, int args, sqlite3_value **arg)
{
	const unsigned char *from = sqlite3_value_blob(arg[0]);
	size_t part, size = sqlite3_value_bytes(arg[0]), used = 0;
	unsigned int words = sqlite3_value_int(arg[1]);
	unsigned char record[4 * SPARSE_WORDS], *to;

	(void)args;
	if (!from)
		return;
	/* A record is at least its mask, and grows at most by its length, a mask and a word. */
	to = sqlite3_malloc64(size + size / SPARSE_MASK(words) * 8 + 8);
	if (!to) {
		sqlite3_result_error_nomem(context);
		return;
	}
	for (; size; from += part, size -= part) {
		part = old_expand(record, words, from, size);
		if (!part) {
			sqlite3_free(to);
			sqlite3_result_error_code(context, SQLITE_CORRUPT);
			return;
		}
		used += with_length(to + used, record, words);
	}
	sqlite3_result_blob(context, to, used, sqlite3_free);
}

static int add(struct store *s, const char *name,
	       void (*fn)(sqlite3_context *, int, sqlite3_value **))
{
	return sqlite3_create_function(s->db, name, 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, fn,
				       NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, "write");
}

int store_add_older(struct store *s)
{
	int error = add(s, "squeezed", on_sparse);

	return error ? error : add(s, "with_length", on_with_length);
}
