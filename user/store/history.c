// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of the history: how much there was of each kind in each hour, for two years, and no
 * source in it. And levels, of which only the last is known.
 */
#include "user/base/text.h"
#include "user/store/private.h"

const char *const store_count_names[STORE_COUNTS] = {
	[COUNT_LOW] = "low",
	[COUNT_REAL] = "real",
	[COUNT_HIGH] = "high",
	[COUNT_DIALOGUES] = "dialogues",
	[COUNT_DATA] = "data",
	[COUNT_WALKS] = "walks",
	[COUNT_ACCEPTED] = "accepted",
	[COUNT_REFUSED] = "refused",
	[COUNT_BACK] = "back",
	[COUNT_NEVER_BACK] = "never_back",
	[COUNT_LISTED] = "added",
	[COUNT_REMOVED] = "removed",
	[COUNT_ENTRIES] = "entries",
};

static int put(struct store *s, enum statement which, enum store_count kind, int64_t hour,
	       uint64_t count)
{
	sqlite3_stmt *q;

	if (!count)
		return 0;
	q = store_stmt(s, which);
	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_int64(q, 2, hour);
	sqlite3_bind_int64(q, 3, count > INT64_MAX ? INT64_MAX : count);
	return store_run(s, q, "write");
}

int store_count_more(struct store *s, enum store_count kind, int64_t hour, uint64_t count)
{
	return put(s, SQL_HISTORY_ADD, kind, hour, count);
}

int store_count_most(struct store *s, enum store_count kind, int64_t hour, uint64_t count)
{
	return put(s, SQL_HISTORY_MOST, kind, hour, count);
}

int store_drop_history(struct store *s, int64_t now)
{
	sqlite3_stmt *q = store_stmt(s, SQL_HISTORY_DROP);

	if (!q)
		return s->error;
	sqlite3_bind_int64(q, 1, now / HOUR_S - STORE_HISTORY_HOURS);
	/* A clock that was wrong may have been years ahead. */
	sqlite3_bind_int64(q, 2, now / HOUR_S + STORE_HISTORY_HOURS);
	return store_run(s, q, "write");
}

int store_each_count(struct store *s, int64_t from, int64_t to, store_count_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_HISTORY_EACH);
	int ret;

	if (!q)
		return s->error;
	sqlite3_bind_int64(q, 1, from);
	sqlite3_bind_int64(q, 2, to);
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		int64_t kind = column_number(&c, 0, 0, INT32_MAX);
		int64_t hour = column_number(&c, 1, from, to);
		uint64_t count = column_number(&c, 2, 0, INT64_MAX);

		/* A newer tool may count more. */
		ret = c.is_damaged	    ? store_damaged(s) :
		      kind >= STORE_COUNTS ? 0 :
					     fn(kind, hour, count, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

int store_set_level(struct store *s, const char *name, uint64_t count)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LEVEL_SET);

	if (!q)
		return s->error;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, count > INT64_MAX ? INT64_MAX : count);
	return store_run(s, q, "write");
}

int store_each_level(struct store *s, store_level_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LEVEL_EACH);
	int ret;

	if (!q)
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		const char *name = column_text(&c, 0, STORE_LEVEL);
		uint64_t count = column_number(&c, 1, 0, INT64_MAX);

		ret = c.is_damaged ? store_damaged(s) : fn(name, count, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}
