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
		return s->error;
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
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		struct store_pardon p = {
			.prefix.len = column_number(&c, 1, 0, 128),
			.made = column_time(&c, 2),
			.until = column_time(&c, 3),
		};

		memcpy(&p.prefix.addr, column_bytes(&c, 0, sizeof(p.prefix.addr)),
		       sizeof(p.prefix.addr));
		ret = c.is_damaged ? store_damaged(s) : fn(&p, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}
