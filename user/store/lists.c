// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of the lists that were written: their entries, sources that were held back, and
 * sources that were added within a day.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/store/private.h"

/* From column 1 on: column 0 is the path. */
static int read_list(struct store *s, sqlite3_stmt *q, struct store_list *l)
{
	struct columns c = { .q = q };
	int i;

	*l = (struct store_list){
		.time = column_time(&c, 1),
		.since = column_time(&c, 2),
		.entries = column_number(&c, 3, 0, INT64_MAX),
		.grown = column_number(&c, 4, 0, INT64_MAX),
	};
	for (i = 0; i < STORE_HELD; i++)
		l->held[i] = column_number(&c, 5 + i, 0, INT64_MAX);
	return c.is_damaged ? store_damaged(s) : 0;
}

int store_list(struct store *s, const char *path, int64_t now, struct store_list *l)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIST_GET);
	int ret;

	if (!q)
		return s->error;
	sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, now);
	ret = store_step(s, q);
	if (!ret)
		ret = -ENOENT;
	else if (ret > 0)
		ret = read_list(s, q, l);
	sqlite3_reset(q);
	return ret;
}

static int add_growth(struct store *s, const char *path, int64_t time, int64_t added)
{
	sqlite3_stmt *q = store_stmt(s, SQL_GROWTH_DROP);
	int error;

	if (!q)
		return s->error;
	sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, time);
	error = store_run(s, q, "write");
	if (error || !added)
		return error;
	q = store_stmt(s, SQL_GROWTH_ADD);
	if (!q)
		return s->error;
	sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, time);
	sqlite3_bind_int64(q, 3, added);
	return store_run(s, q, "write");
}

int store_set_list(struct store *s, const char *path, const struct store_list *l, int64_t added)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIST_SET);
	int i, error;

	if (!q)
		return s->error;
	sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, l->time);
	sqlite3_bind_int64(q, 3, l->since);
	sqlite3_bind_int64(q, 4, l->entries);
	for (i = 0; i < STORE_HELD; i++)
		sqlite3_bind_int64(q, 5 + i, l->held[i]);
	error = store_run(s, q, "write");
	return error ? error : add_growth(s, path, l->time, added);
}

static int forget(struct store *s, enum statement which, const char *path)
{
	sqlite3_stmt *q = store_stmt(s, which);

	if (!q)
		return -EIO;
	sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
	return store_run(s, q, "write");
}

int store_forget_list(struct store *s, const char *path)
{
	int error = forget(s, SQL_LIST_FORGET, path);
	bool was_there = !error && sqlite3_changes(s->db);

	if (!error)
		error = forget(s, SQL_GROWTH_FORGET, path);
	return error || was_there ? error : -ENOENT;
}

int store_each_list(struct store *s, int64_t now, store_list_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIST_EACH);
	struct store_list l;
	const char *path;
	int ret;

	if (!q)
		return s->error;
	sqlite3_bind_int64(q, 2, now);
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };

		path = column_text(&c, 0, PATH_MAX);
		ret = c.is_damaged ? store_damaged(s) : read_list(s, q, &l);
		if (!ret)
			ret = fn(path, &l, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}
