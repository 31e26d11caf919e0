// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deletes evidence for good: what was deleted is overwritten in the file, and does not stay in
 * the log beside it.
 */
#include <errno.h>

#include "user/store/private.h"

int store_forget_begin(struct store *s)
{
	int error = store_execute(s, "PRAGMA secure_delete = ON", "write");

	return error ? error : store_begin(s);
}

static int forget_in(struct store *s, enum statement which, const struct pack_key *key)
{
	sqlite3_stmt *q = store_stmt(s, which);
	unsigned char bytes[STORE_KEY_SIZE];
	int error;

	if (!q)
		return s->error;
	store_key_bytes(key, bytes);
	sqlite3_bind_blob(q, 1, bytes, sizeof(bytes), SQLITE_STATIC);
	error = store_run(s, q, "write");
	return error ? error : sqlite3_changes(s->db);
}

int store_forget(struct store *s, const struct pack_key *key)
{
	int error = forget_in(s, SQL_LIFT_FORGET, key);

	if (error >= 0)
		error = forget_in(s, SQL_SPAM_FORGET, key);
	if (error >= 0)
		error = newest_forget(s, key);
	if (error >= 0)
		error = forget_in(s, SQL_NEWEST_FORGET, key);
	/* Of which grade they were is counted by the next day's prune. */
	return error < 0 ? error : forget_in(s, SQL_FORGET, key);
}

int store_forget_all(struct store *s)
{
	size_t rows = store_count(s, STORE_UNVERIFIED) + store_count(s, STORE_VERIFIED);
	int error = store_execute(s, "DELETE FROM source; DELETE FROM gap; DELETE FROM bad_acks;"
				     "DELETE FROM real_hour; DELETE FROM mx_change; DELETE FROM lift;"
				     "DELETE FROM spam;"
				     "DELETE FROM epoch; DELETE FROM amount;"
				     "DELETE FROM newest; DELETE FROM newest_end", "write");

	if (error)
		return error;
	s->epochs = 0;
	newest_free(s);
	return rows;
}

int store_tidy(struct store *s)
{
	return store_execute(s, "PRAGMA wal_checkpoint(TRUNCATE)", "write");
}
