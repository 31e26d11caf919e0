// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of tables as a whole: the epochs, their gaps, wrong acknowledgements, the hours of
 * the real MX, and changes of MX addresses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/store/private.h"

/* --- epochs ------------------------------------------------------------------ */

static int add_epoch(struct store *s, const struct store_epoch *epoch)
{
	struct store_epoch *grown = reallocarray(s->epoch, s->epochs + 1, sizeof(*grown));

	if (!grown)
		return fail(-ENOMEM, "cannot read '%s'", s->path);
	s->epoch = grown;
	s->epoch[s->epochs++] = *epoch;
	return 0;
}

static int read_epoch(struct store *s, sqlite3_stmt *q)
{
	struct columns c = { .q = q };
	struct store_epoch epoch = {
		.id = column_id(&c, 0),
		.epoch.tables = column_word(&c, 2),
		.epoch.generation = column_long(&c, 3),
		.epoch.wall_s = column_number(&c, 4, STORE_WALL_MIN, STORE_TIME_MAX),
		.begin_s = column_word(&c, 5),
		.seen_s = column_word(&c, 6),
		.real_s = { column_word(&c, 7), column_word(&c, 8) },
		.data_s = { column_word(&c, 9), column_word(&c, 10) },
		.end_s = column_word(&c, 11),
	};

	strcpy(epoch.epoch.boot, column_text(&c, 1, sizeof(epoch.epoch.boot)));
	return c.is_damaged ? store_damaged(s) : add_epoch(s, &epoch);
}

int store_read_epochs(struct store *s)
{
	sqlite3_stmt *q;
	int code, error = 0;

	if (sqlite3_prepare_v2(s->db,
			       "SELECT id, boot, tables, generation, wall_s, begin_s, seen_s,"
			       " real4_s, real6_s, data4_s, data6_s, end_s FROM epoch ORDER BY id",
			       -1, &q, NULL))
		return store_fail(s, "read");
	while (!error && (code = sqlite3_step(q)) == SQLITE_ROW)
		error = read_epoch(s, q);
	if (!error && code != SQLITE_DONE)
		error = store_fail(s, "read");
	sqlite3_finalize(q);
	return error;
}

size_t store_epochs(const struct store *s, const struct store_epoch **epochs)
{
	*epochs = s->epoch;
	return s->epochs;
}

int64_t store_collected(const struct store *s)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < s->epochs; i++) {
		const struct store_epoch *epoch = &s->epoch[i];
		int64_t at = (int64_t)epoch->seen_s - 1 + epoch->epoch.wall_s;

		if (epoch->seen_s && strcmp(epoch->epoch.boot, EPOCH_IMPORTED) && at > last)
			last = at;
	}
	return last;
}

static int set_wall(struct store *s, const struct epoch *epoch)
{
	sqlite3_stmt *q = store_stmt(s, SQL_EPOCH_WALL);
	size_t i;

	if (!q)
		return s->error;
	for (i = 0; i < s->epochs; i++)
		if (!strcmp(s->epoch[i].epoch.boot, epoch->boot))
			s->epoch[i].epoch.wall_s = epoch->wall_s;
	sqlite3_bind_text(q, 1, epoch->boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, epoch->wall_s);
	return store_run(s, q, "write");
}

int store_epoch(struct store *s, const struct epoch *epoch)
{
	struct store_epoch new = { .epoch = *epoch };
	sqlite3_stmt *q;
	int error;
	size_t i;

	error = set_wall(s, epoch);
	for (i = 0; i < s->epochs && !error; i++)
		if (epoch_is(&s->epoch[i].epoch, epoch)) {
			if (epoch->generation)
				s->epoch[i].epoch.generation = epoch->generation;
			return s->epoch[i].id;
		}
	q = error ? NULL : store_stmt(s, SQL_EPOCH_ADD);
	if (!q)
		return error ? error : s->error;
	sqlite3_bind_text(q, 1, epoch->boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, epoch->tables);
	sqlite3_bind_int64(q, 3, epoch->generation);
	sqlite3_bind_int64(q, 4, epoch->wall_s);
	error = store_run(s, q, "write");
	new.id = sqlite3_last_insert_rowid(s->db);
	if (!error)
		error = add_epoch(s, &new);
	if (!error)
		error = newest_begin(s, new.id);
	return error ? error : new.id;
}

int store_set_epoch(struct store *s, const struct store_epoch *epoch)
{
	sqlite3_stmt *q = store_stmt(s, SQL_EPOCH_SET);

	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch->id);
	sqlite3_bind_int64(q, 2, epoch->epoch.generation);
	sqlite3_bind_int64(q, 3, epoch->begin_s);
	sqlite3_bind_int64(q, 4, epoch->seen_s);
	sqlite3_bind_int64(q, 5, epoch->real_s[0]);
	sqlite3_bind_int64(q, 6, epoch->real_s[1]);
	sqlite3_bind_int64(q, 7, epoch->data_s[0]);
	sqlite3_bind_int64(q, 8, epoch->data_s[1]);
	sqlite3_bind_int64(q, 9, epoch->end_s);
	return store_run(s, q, "write");
}

int store_drop_epochs(struct store *s, int64_t before)
{
	static const enum statement drops[] = { SQL_GAPS_DROP, SQL_ACKS_DROP,    SQL_PARDON_DROP,
						SQL_REAL_DROP, SQL_CHANGES_DROP, SQL_LIST_DROP,
						SQL_LIFT_DROP, SQL_SPAM_DROP };
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(drops) / sizeof(*drops) && !error; i++) {
		sqlite3_stmt *q = store_stmt(s, drops[i]);

		if (!q)
			return s->error;
		sqlite3_bind_int64(q, 1, before);
		error = store_run(s, q, "write");
	}
	return error;
}

/* --- gaps -------------------------------------------------------------------- */

/* The epoch of the current row of gaps, or -EBADMSG. */
static int read_gap(struct store *s, sqlite3_stmt *q, struct gap *gap)
{
	struct columns c = { .q = q };
	int epoch = column_id(&c, 1);

	*gap = (struct gap){
		.from_s = column_word(&c, 2),
		.to_s = column_word(&c, 3),
		.verified_lost = column_long(&c, 4),
		.verified_lost_s = column_word(&c, 5),
		.evicted = column_long(&c, 6),
		.evicted_s = column_word(&c, 7),
		.detached = column_long(&c, 8),
		.detached_s = column_word(&c, 9),
		.contacts_lost = column_long(&c, 10),
		.contacts_limited = { column_long(&c, 11), column_long(&c, 12),
				      column_long(&c, 13) },
		.contacts_evicted = column_long(&c, 14),
		.contacts_evicted_s = column_word(&c, 15),
	};
	return c.is_damaged ? store_damaged(s) : epoch;
}

int store_last_gaps(struct store *s, int epoch, struct gap *gap)
{
	sqlite3_stmt *q = store_stmt(s, SQL_GAPS_LAST);
	int ret;

	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch);
	ret = store_step(s, q);
	if (ret > 0)
		ret = read_gap(s, q, gap);
	sqlite3_reset(q);
	return ret > 0 ? 0 : ret ? ret : -ENOENT;
}

static bool is_same_gap(const struct gap *a, const struct gap *b)
{
	return a->verified_lost == b->verified_lost && a->contacts_lost == b->contacts_lost &&
	       a->detached == b->detached && a->evicted == b->evicted &&
	       a->contacts_evicted == b->contacts_evicted &&
	       !memcmp(a->contacts_limited, b->contacts_limited, sizeof(a->contacts_limited));
}

int store_add_gaps(struct store *s, int epoch, const struct gap *gap)
{
	struct gap last;
	int i, error = store_last_gaps(s, epoch, &last);
	bool is_same = !error && is_same_gap(&last, gap);
	sqlite3_stmt *q;

	if (error && error != -ENOENT)
		return error;
	q = store_stmt(s, is_same ? SQL_GAPS_STRETCH : SQL_GAPS_ADD);
	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch);
	if (is_same) {
		sqlite3_bind_int64(q, 2, gap->to_s);
		return store_run(s, q, "write");
	}
	sqlite3_bind_int64(q, 2, gap->from_s);
	sqlite3_bind_int64(q, 3, gap->to_s);
	sqlite3_bind_int64(q, 4, gap->verified_lost);
	sqlite3_bind_int64(q, 5, gap->verified_lost_s);
	sqlite3_bind_int64(q, 6, gap->evicted);
	sqlite3_bind_int64(q, 7, gap->evicted_s);
	sqlite3_bind_int64(q, 8, gap->detached);
	sqlite3_bind_int64(q, 9, gap->detached_s);
	sqlite3_bind_int64(q, 10, gap->contacts_lost);
	for (i = 0; i < PACK_ROLES; i++)
		sqlite3_bind_int64(q, 11 + i, gap->contacts_limited[i]);
	sqlite3_bind_int64(q, 14, gap->contacts_evicted);
	sqlite3_bind_int64(q, 15, gap->contacts_evicted_s);
	return store_run(s, q, "write");
}

int store_each_gaps(struct store *s, store_gaps_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_GAPS_EACH);
	struct gap gap;
	int ret;

	if (!q)
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		ret = read_gap(s, q, &gap);
		if (ret > 0)
			ret = fn(ret, &gap, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

/* A row of epoch, time and number. */
static int add_number(struct store *s, enum statement which, int epoch, uint32_t at_s,
		      int64_t number)
{
	sqlite3_stmt *q = store_stmt(s, which);

	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch);
	sqlite3_bind_int64(q, 2, at_s);
	sqlite3_bind_int64(q, 3, number);
	return store_run(s, q, "write");
}

typedef int number_fn(int epoch, uint32_t at_s, uint64_t number, void *arg);

static int each_number(struct store *s, enum statement which, number_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, which);
	int ret;

	if (!q)
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		int epoch = column_id(&c, 0);
		uint32_t at_s = column_word(&c, 1);
		uint64_t number = column_long(&c, 2);

		ret = c.is_damaged ? store_damaged(s) : fn(epoch, at_s, number, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

int store_add_bad_acks(struct store *s, int epoch, uint32_t hour, uint64_t count)
{
	return add_number(s, SQL_ACKS_ADD, epoch, hour, count);
}

int store_each_bad_acks(struct store *s, store_bad_acks_fn *fn, void *arg)
{
	return each_number(s, SQL_ACKS_EACH, fn, arg);
}

/* --- the site ---------------------------------------------------------------- */

int store_add_real(struct store *s, int epoch, int family, const struct nolist_real *real)
{
	sqlite3_stmt *q = store_stmt(s, SQL_REAL_ADD);

	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch);
	sqlite3_bind_int(q, 2, family);
	sqlite3_bind_int64(q, 3, real->hour);
	sqlite3_bind_int64(q, 4, real->opens);
	sqlite3_bind_int64(q, 5, real->data);
	return store_run(s, q, "write");
}

int store_each_real(struct store *s, store_real_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_REAL_EACH);
	struct nolist_real real;
	int ret;

	if (!q)
		return s->error;
	while ((ret = store_step(s, q)) > 0) {
		struct columns c = { .q = q };
		int epoch = column_id(&c, 0), family = column_number(&c, 1, 0, 1);

		real = (struct nolist_real){ column_number(&c, 2, 1, UINT32_MAX),
					     column_word(&c, 3), column_word(&c, 4) };
		ret = c.is_damaged ? store_damaged(s) : fn(epoch, family, &real, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

int store_add_change(struct store *s, int epoch, uint32_t at_s, uint64_t mx)
{
	return add_number(s, SQL_CHANGE_ADD, epoch, at_s, mx);
}

int store_each_change(struct store *s, store_change_fn *fn, void *arg)
{
	return each_number(s, SQL_CHANGES_EACH, fn, arg);
}
