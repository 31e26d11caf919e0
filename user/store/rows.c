// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes the rows of sources. A row that this tool cannot have written is
 * reported as damage: to skip it might list an innocent source.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/record/sparse.h"
#include "user/base/failure.h"
#include "user/store/private.h"

#define CONTACTS_WORDS (sizeof(struct stored_contacts) / 4)
#define VERIFIED_WORDS (sizeof(struct stored_verified) / 4)
#define HOUR_WORDS (sizeof(struct pack_hour) / 4)
#define HOUR_MIN 6 /* bytes of an encoded hour, at least: length, mask, its number */

#define KEY_SIZE STORE_KEY_SIZE
#define STEPS_MAX 12 /* rows to step over before a search is quicker */

void store_key_bytes(const struct pack_key *key, unsigned char bytes[KEY_SIZE])
{
	uint64_t high = htobe64(key->high);
	uint32_t low = htobe32(key->low);

	memcpy(bytes, &high, 8);
	memcpy(bytes + 8, &low, 4);
}

/* --- sources ----------------------------------------------------------------- */

static int read_key(struct store *s, sqlite3_stmt *q, struct pack_key *key)
{
	struct columns c = { .q = q };

	*key = column_key(&c, 0);
	return c.is_damaged ? store_damaged(s) : 0;
}

/* A column of a row: one encoded record, or NULL. */
static int read_part(struct store *s, sqlite3_stmt *q, int column, void *to, unsigned int words)
{
	const void *bytes = sqlite3_column_blob(q, column);
	size_t size = sqlite3_column_bytes(q, column);

	if (!size) {
		memset(to, 0, 4 * words);
		return 0;
	}
	return sparse_decode(to, words, bytes, size) == size ? 0 : store_damaged(s);
}

static int reserve(struct store *s, struct store_row *row, unsigned int hours)
{
	unsigned int capacity =
		hours + STORED_HOURS_MORE < STORED_HOURS ? hours + STORED_HOURS_MORE : STORED_HOURS;
	void *grown;

	if (capacity <= row->capacity)
		return 0;
	grown = reallocarray(row->stored.hour, capacity, sizeof(*row->stored.hour));
	if (!grown)
		return fail(-ENOMEM, "cannot read '%s'", s->path);
	row->stored.hour = grown;
	row->capacity = capacity;
	return 0;
}

static int read_hours(struct store *s, sqlite3_stmt *q, struct stored *k)
{
	const unsigned char *bytes = sqlite3_column_blob(q, 4);
	size_t part, size = sqlite3_column_bytes(q, 4);
	struct pack_hour hour;

	for (k->hours = 0; size; bytes += part, size -= part) {
		part = sparse_decode(&hour, HOUR_WORDS, bytes, size);
		if (!part || k->hours == STORED_HOURS || !hour.hour ||
		    (k->hours && hour.hour <= k->hour[k->hours - 1].hour))
			return store_damaged(s);
		k->hour[k->hours++] = hour;
	}
	return 0;
}

static int read_row(struct store *s, sqlite3_stmt *q, struct store_row *row)
{
	struct columns c = { .q = q };
	int error = read_key(s, q, &row->key);

	row->epoch = column_id(&c, 1);
	if (!error && c.is_damaged)
		error = store_damaged(s);
	if (!error)
		error = read_part(s, q, 2, &row->stored.contacts, CONTACTS_WORDS);
	if (!error)
		error = read_part(s, q, 3, &row->stored.verified, VERIFIED_WORDS);
	return error ? error : read_hours(s, q, &row->stored);
}

static int start(struct store *s, enum statement which, const struct pack_key *from)
{
	sqlite3_stmt *q = store_stmt(s, which);
	unsigned char bytes[KEY_SIZE];

	if (!q)
		return s->error;
	store_key_bytes(from ? from : &(struct pack_key){}, bytes);
	sqlite3_bind_blob(q, 1, bytes, sizeof(bytes), SQLITE_TRANSIENT);
	return 0;
}

int store_start(struct store *s, enum store_grade grade, const struct pack_key *from)
{
	return start(s, SQL_WALK_UNVERIFIED + grade, from);
}

int store_next(struct store *s, enum store_grade grade, struct store_row *row)
{
	sqlite3_stmt *q = s->stmt[SQL_WALK_UNVERIFIED + grade];
	int ret = store_step(s, q);

	if (ret > 0 && read_row(s, q, row))
		ret = -EBADMSG;
	return ret;
}

int store_data_start(struct store *s, const struct pack_key *from)
{
	return start(s, SQL_DATA, from);
}

int store_data_next(struct store *s, struct pack_key *key)
{
	sqlite3_stmt *q = s->stmt[SQL_DATA];
	int ret = store_step(s, q);

	return ret > 0 && read_key(s, q, key) ? -EBADMSG : ret;
}

static int get(struct store *s, struct store_row *row, enum store_grade grade)
{
	sqlite3_stmt *q = store_stmt(s, SQL_GET);
	unsigned char bytes[KEY_SIZE];
	int ret;

	if (!q)
		return s->error;
	store_key_bytes(&row->key, bytes);
	sqlite3_bind_blob(q, 1, bytes, sizeof(bytes), SQLITE_STATIC);
	sqlite3_bind_int(q, 2, row->epoch);
	sqlite3_bind_int(q, 3, grade);
	ret = store_step(s, q);
	if (ret > 0 && read_row(s, q, row))
		ret = -EBADMSG;
	sqlite3_reset(q);
	return ret;
}

int store_get(struct store *s, struct store_row *row)
{
	struct pack_hour *hour = row->stored.hour;
	int ret;

	row->grade = STORE_VERIFIED;
	row->coded.is_valid = false;
	ret = get(s, row, row->grade);
	if (!ret) {
		row->grade = STORE_UNVERIFIED;
		ret = get(s, row, row->grade);
	}
	if (!ret) {
		row->grade = STORE_GRADES;
		row->stored = (struct stored){ .hour = hour };
	}
	return ret;
}

/* Compares by the key's columns only: most rows are stepped over. */
static int compare_row(struct store *s, sqlite3_stmt *q, const struct store_row *row, int *order)
{
	struct pack_key key = {};
	int error = read_key(s, q, &key);

	*order = pack_compare(&key, &row->key);
	if (!*order)
		*order = sqlite3_column_int(q, 1) - row->epoch;
	return error;
}

/*
 * Steps through a grade alongside the wanted rows. If the next wanted row is not near, it
 * is searched for: a step costs a tenth of a search.
 */
static int get_grade(struct store *s, enum store_grade grade, struct store_row *rows, size_t n)
{
	sqlite3_stmt *q = NULL;
	int order, steps, error, has = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		for (steps = 0, order = -1; order < 0; steps++) {
			if (!q || steps == STEPS_MAX) {
				error = store_start(s, grade, &rows[i].key);
				q = s->stmt[SQL_WALK_UNVERIFIED + grade];
				if (error || (has = store_step(s, q)) < 0)
					return error ? error : has;
			} else if (steps && (has = store_step(s, q)) < 0) {
				return has;
			}
			if (!has)
				return 0;
			if (compare_row(s, q, &rows[i], &order))
				return -EBADMSG;
		}
		if (order)
			continue;
		rows[i].grade = grade;
		error = reserve(s, &rows[i], sqlite3_column_bytes(q, 4) / HOUR_MIN);
		if (!error)
			error = read_row(s, q, &rows[i]);
		if (error)
			return error;
	}
	sqlite3_reset(q);
	return 0;
}

int store_get_many(struct store *s, struct store_row *rows, size_t n)
{
	int grade, error = 0;
	size_t i;

	for (i = 0; i < n && !error; i++) {
		rows[i].grade = STORE_GRADES;
		rows[i].coded.is_valid = false;
		rows[i].stored = (struct stored){ .hour = rows[i].stored.hour };
		error = reserve(s, &rows[i], 0);
	}
	for (grade = 0; grade < STORE_GRADES && !error && n; grade++)
		error = get_grade(s, grade, rows, n);
	return error;
}

/* All rows of a source have the same grade, so that a walk finds them together. */
static int promote(struct store *s, const unsigned char bytes[KEY_SIZE])
{
	sqlite3_stmt *q = store_stmt(s, SQL_PROMOTE);
	int error;

	if (!q)
		return s->error;
	sqlite3_bind_blob(q, 1, bytes, KEY_SIZE, SQLITE_STATIC);
	error = store_run(s, q, "write");
	if (!error)
		s->more -= sqlite3_changes(s->db);
	return error;
}

/* Is the source verified in another epoch? */
static int is_verified_elsewhere(struct store *s, const unsigned char bytes[KEY_SIZE])
{
	sqlite3_stmt *q = store_stmt(s, SQL_IS_VERIFIED);
	int ret;

	if (!q)
		return s->error;
	sqlite3_bind_blob(q, 1, bytes, KEY_SIZE, SQLITE_STATIC);
	ret = store_step(s, q);
	sqlite3_reset(q);
	return ret;
}

/* The grade to write a row with, or -errno; the other rows of its source have it afterwards. */
static int settle_grade(struct store *s, const struct store_row *row,
			const unsigned char bytes[KEY_SIZE])
{
	int ret;

	if (row->grade == STORE_VERIFIED)
		return STORE_VERIFIED;
	if (stored_is_verified(&row->stored)) {
		ret = row->grade == STORE_UNVERIFIED || s->epochs > 1 ? promote(s, bytes) : 0;
		return ret ? ret : STORE_VERIFIED;
	}
	if (row->grade == STORE_UNVERIFIED || s->epochs < 2)
		return STORE_UNVERIFIED;
	ret = is_verified_elsewhere(s, bytes);
	return ret > 0 ? STORE_VERIFIED : ret;
}

/*
 * Parameters are encoded into a buffer of the store, one after the other, where they are
 * valid until the statement has run: SQLite would else allocate and copy each of them.
 */
static unsigned char *bind(sqlite3_stmt *q, int column, unsigned char *at, size_t size)
{
	sqlite3_bind_blob(q, column, at, size, SQLITE_STATIC);
	return at + size;
}

/* Bytes of the encoded parts of a row, at most. */
static size_t coded_max(const struct stored *k)
{
	return SPARSE_MAX(CONTACTS_WORDS) + SPARSE_MAX(VERIFIED_WORDS) +
	       k->hours * SPARSE_MAX(HOUR_WORDS);
}

static void code(const struct stored *k, unsigned char *to, unsigned int part[3])
{
	unsigned int i;

	part[0] = k->contacts.begin ? sparse_encode(to, &k->contacts, CONTACTS_WORDS) : 0;
	to += part[0];
	part[1] = k->verified.begin ? sparse_encode(to, &k->verified, VERIFIED_WORDS) : 0;
	to += part[1];
	for (i = part[2] = 0; i < k->hours; i++)
		part[2] += sparse_encode(to + part[2], &k->hour[i], HOUR_WORDS);
}

int store_code(struct store_row *row)
{
	struct store_coded *c = &row->coded;
	size_t size = coded_max(&row->stored);
	void *grown;

	if (size > c->capacity) {
		grown = realloc(c->bytes, size);
		if (!grown)
			return -ENOMEM;
		c->bytes = grown;
		c->capacity = size;
	}
	code(&row->stored, c->bytes, c->part);
	c->is_valid = true;
	return 0;
}

void store_coded_free(struct store_row *row)
{
	free(row->coded.bytes);
	row->coded = (struct store_coded){};
}

/* Bytes that a row needs there, at most. */
static size_t bound_max(const struct store_row *row)
{
	return KEY_SIZE + (row->coded.is_valid ? 0 : coded_max(&row->stored));
}

static void bind_parts(sqlite3_stmt *q, int column, const struct store_row *row, unsigned char **at)
{
	struct store_coded c = row->coded;
	unsigned char *bytes = c.is_valid ? c.bytes : *at;
	int i;

	if (!c.is_valid)
		code(&row->stored, bytes, c.part);
	for (i = 0; i < 3; i++, column++)
		if (c.part[i])
			bytes = bind(q, column, bytes, c.part[i]);
	if (!c.is_valid)
		*at = bytes;
}

/* Binds a row to seven parameters from column on; *at is the free part of the buffer. */
static int bind_row(struct store *s, sqlite3_stmt *q, int column, const struct store_row *row,
		    unsigned char **at)
{
	const struct stored *k = &row->stored;
	unsigned char *key = *at;
	int grade;

	store_key_bytes(&row->key, key);
	grade = settle_grade(s, row, key);
	if (grade < 0)
		return grade;
	s->more += grade == STORE_UNVERIFIED && row->grade == STORE_GRADES;
	sqlite3_bind_int(q, column, grade);
	*at = bind(q, column + 1, key, KEY_SIZE);
	sqlite3_bind_int(q, column + 2, row->epoch);
	if (k->verified.now.data.first)
		sqlite3_bind_int(q, column + 3, 1);
	bind_parts(q, column + 4, row, at);
	return 0;
}

static int make_bound(struct store *s, size_t size)
{
	void *grown;

	if (size <= s->bound_capacity)
		return 0;
	grown = realloc(s->bound, size);
	if (!grown)
		return fail(-ENOMEM, "cannot write '%s'", s->path);
	s->bound = grown;
	s->bound_capacity = size;
	return 0;
}

static int put(struct store *s, enum statement which, const struct store_row *const *rows, size_t n)
{
	sqlite3_stmt *q = store_stmt(s, which);
	unsigned char *at;
	size_t i, size = 0;
	int error;

	if (!q)
		return s->error;
	for (i = 0; i < n; i++)
		size += bound_max(rows[i]);
	error = make_bound(s, size);
	at = s->bound;
	for (i = 0; i < n && !error; i++)
		error = bind_row(s, q, 1 + 7 * i, rows[i], &at);
	if (!error)
		error = store_run(s, q, "write");
	sqlite3_clear_bindings(q);
	for (i = 0; i < n && !error; i++)
		error = newest_add(s, rows[i]->epoch, &rows[i]->key, stored_last(&rows[i]->stored));
	return error;
}

int store_put(struct store *s, const struct store_row *row)
{
	return put(s, SQL_PUT, &row, 1);
}

/* Within one statement SQLite does not search each row from the root. */
int store_put_many(struct store *s, const struct store_row *const *rows, size_t n)
{
	int error = 0;

	for (; n >= STORE_PUT_ROWS && !error; rows += STORE_PUT_ROWS, n -= STORE_PUT_ROWS)
		error = put(s, SQL_PUT_MANY, rows, STORE_PUT_ROWS);
	for (; n && !error; rows++, n--)
		error = put(s, SQL_PUT, rows, 1);
	return error;
}

int store_drop(struct store *s, const struct store_row *row, enum store_grade grade, uint32_t last)
{
	sqlite3_stmt *q = store_stmt(s, SQL_DROP);
	unsigned char bytes[KEY_SIZE];
	int error;

	if (!q)
		return s->error;
	store_key_bytes(&row->key, bytes);
	sqlite3_bind_int(q, 1, grade);
	sqlite3_bind_blob(q, 2, bytes, sizeof(bytes), SQLITE_STATIC);
	sqlite3_bind_int(q, 3, row->epoch);
	s->more -= grade == STORE_UNVERIFIED;
	error = store_run(s, q, "write");
	return error ? error : newest_drop(s, row->epoch, &row->key, last);
}

size_t store_count(struct store *s, enum store_grade grade)
{
	sqlite3_stmt *q = store_stmt(s, SQL_COUNT);
	size_t n = 0;

	if (!q)
		return 0;
	sqlite3_bind_int(q, 1, grade);
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return n;
}
