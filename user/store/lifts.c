// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifts: which sources have ended their listing from their own address, and when. They are stored as
 * long as evidence is, since a verdict depends on them.
 */
#include "user/store/private.h"

int store_lift(struct store *s, const struct store_lift *l)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIFT_ADD);
	unsigned char bytes[STORE_KEY_SIZE];

	if (!q)
		return s->error;
	store_key_bytes(&l->key, bytes);
	sqlite3_bind_blob(q, 1, bytes, sizeof(bytes), SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, l->at);
	return store_run(s, q, "write");
}

int store_each_lift(struct store *s, store_lift_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIFT_EACH);
	int ret;

	if (!q)
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		struct store_lift l = {
			.key = column_key(&c, 0),
			.at = column_time(&c, 1),
		};

		ret = c.is_damaged ? store_damaged(s) : fn(&l, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}
