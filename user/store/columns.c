// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of a row, with the bounds of what this tool can have written. SQLite itself
 * finds nothing wrong with a number out of them, nor with a text in a number's place.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "user/store/private.h"

int64_t column_number(struct columns *c, int i, int64_t least, int64_t most)
{
	int64_t number = sqlite3_column_int64(c->q, i);

	if (sqlite3_column_type(c->q, i) == SQLITE_INTEGER && number >= least && number <= most)
		return number;
	c->is_damaged = true;
	return 0;
}

uint32_t column_word(struct columns *c, int i)
{
	return column_number(c, i, 0, UINT32_MAX);
}

uint64_t column_long(struct columns *c, int i)
{
	return column_number(c, i, INT64_MIN, INT64_MAX);
}

int64_t column_time(struct columns *c, int i)
{
	return column_number(c, i, 0, STORE_TIME_MAX);
}

int column_id(struct columns *c, int i)
{
	return column_number(c, i, 1, INT32_MAX);
}

const char *column_text(struct columns *c, int i, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(c->q, i);

	if (sqlite3_column_type(c->q, i) == SQLITE_TEXT && text &&
	    (size_t)sqlite3_column_bytes(c->q, i) < size && strlen(text) ==
	    (size_t)sqlite3_column_bytes(c->q, i))
		return text;
	c->is_damaged = true;
	return "";
}

const void *column_bytes(struct columns *c, int i, size_t size)
{
	static const unsigned char none[32];
	const void *bytes = sqlite3_column_blob(c->q, i);

	if (bytes && (size_t)sqlite3_column_bytes(c->q, i) == size)
		return bytes;
	c->is_damaged = true;
	return none;
}

struct pack_key column_key(struct columns *c, int i)
{
	const unsigned char *bytes = column_bytes(c, i, STORE_KEY_SIZE);
	uint64_t high;
	uint32_t low;

	memcpy(&high, bytes, 8);
	memcpy(&low, bytes + 8, 4);
	return (struct pack_key){ .high = be64toh(high), .low = be32toh(low) };
}
