// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pardons: prefixes that no list has for a time. A pardon that has ended or was revoked
 * is stored as long as evidence is, so that a verdict of that time can be explained.
 */
#include <errno.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/store/private.h"

static int write_pardon(struct store *s, enum statement which, const struct prefix *p, int64_t now,
			int64_t until)
{
	sqlite3_stmt *q = store_stmt(s, which);

	if (!q)
		return -EIO;
	sqlite3_bind_blob(q, 1, &p->addr, sizeof(p->addr), SQLITE_STATIC);
	sqlite3_bind_int(q, 2, p->len);
	sqlite3_bind_int64(q, 3, now);
	sqlite3_bind_int64(q, 4, until);
	return store_run(s, q, "write");
}

int store_pardon(struct store *s, const struct prefix *p, int64_t now, int64_t until)
{
	int error = write_pardon(s, SQL_PARDON_EXTEND, p, now, until);

	if (error || sqlite3_changes(s->db))
		return error;
	return write_pardon(s, SQL_PARDON_ADD, p, now, until);
}

int store_unpardon(struct store *s, const struct prefix *p, int64_t now)
{
	int error = write_pardon(s, SQL_PARDON_EXTEND, p, now, now);

	if (error)
		return error;
	return sqlite3_changes(s->db) ? 0 : -ENOENT;
}

int store_each_pardon(struct store *s, store_pardon_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_PARDON_EACH);
	int ret;

	if (!q)
		return -EIO;
	while ((ret = store_step(s, q)) > 0) {
		struct store_pardon p = {
			.prefix.len = sqlite3_column_int(q, 1),
			.made = sqlite3_column_int64(q, 2),
			.until = sqlite3_column_int64(q, 3),
		};

		if (sqlite3_column_bytes(q, 0) != sizeof(p.prefix.addr) ||
		    sqlite3_column_int(q, 1) < 0 || sqlite3_column_int(q, 1) > 128) {
			ret = store_damaged(s);
			break;
		}
		memcpy(&p.prefix.addr, sqlite3_column_blob(q, 0), sizeof(p.prefix.addr));
		ret = fn(&p, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}
