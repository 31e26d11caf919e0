// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which hours content filters found spam in what a source sent, and in which they let mail of it
 * through: a row for each source and day, with a bit for each hour, so that what is read again
 * adds nothing.
 */
#include <errno.h>

#include "user/base/text.h"
#include "user/store/private.h"

#define HOURS 24

static int count_rows(struct store *s)
{
	sqlite3_stmt *q = s->has_spam_rows ? NULL : store_stmt(s, SQL_SPAM_COUNT);
	struct columns c = { .q = q };
	int ret;

	if (!q)
		return s->has_spam_rows ? 0 : s->error;
	ret = store_step(s, q);
	if (ret > 0)
		s->spam_rows = column_number(&c, 0, 0, INT64_MAX / 2);
	sqlite3_reset(q);
	s->has_spam_rows = ret > 0 && !c.is_damaged;
	return c.is_damaged ? store_damaged(s) : ret < 0 ? ret : 0;
}

/* How many rows it has changed, or -errno. */
static int put(struct store *s, enum statement which, const struct pack_key *key, int64_t time, bool is_spam)
{
	int64_t bit = 1ll << time / HOUR_S % HOURS;
	sqlite3_stmt *q = store_stmt(s, which);
	unsigned char bytes[STORE_KEY_SIZE];
	int error;

	if (!q)
		return s->error;
	store_key_bytes(key, bytes);
	sqlite3_bind_blob(q, 1, bytes, sizeof(bytes), SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, time / DAY_S);
	sqlite3_bind_int64(q, 3, is_spam ? bit : 0);
	sqlite3_bind_int64(q, 4, is_spam ? 0 : bit);
	error = store_run(s, q, "write");
	return error ? error : sqlite3_changes(s->db);
}

int store_spam(struct store *s, const struct pack_key *key, int64_t time, bool is_spam)
{
	int ret = put(s, SQL_SPAM_MORE, key, time, is_spam);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = count_rows(s);
	if (ret)
		return ret;
	if (s->spam_rows >= STORE_SPAM_ROWS)
		return -ENOSPC;
	s->spam_rows++;
	ret = put(s, SQL_SPAM_ADD, key, time, is_spam);
	return ret < 0 ? ret : 0;
}

int store_each_spam(struct store *s, store_spam_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_SPAM_EACH);
	int ret;

	if (!q)
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		struct store_spam row = {
			.key = column_key(&c, 0),
			.day = column_number(&c, 1, 0, STORE_TIME_MAX / DAY_S),
			.spam = column_number(&c, 2, 0, (1 << HOURS) - 1),
			.ham = column_number(&c, 3, 0, (1 << HOURS) - 1),
		};

		ret = c.is_damaged ? store_damaged(s) : fn(&row, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}
