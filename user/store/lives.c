// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the store knows of tables as a whole: which there were, what they lost, how
 * many wrong acknowledgements came.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/store/private.h"

/* --- lives ------------------------------------------------------------------- */

static int add_life(struct store *s, const struct store_life *life)
{
	struct store_life *grown = reallocarray(s->life, s->lives + 1, sizeof(*grown));

	if (!grown)
		return fail(-ENOMEM, "cannot read '%s'", s->path);
	s->life = grown;
	s->life[s->lives++] = *life;
	return 0;
}

int store_read_lives(struct store *s)
{
	sqlite3_stmt *q;
	int code, error = 0;

	if (sqlite3_prepare_v2(s->db, "SELECT id, boot, tables, generation, wall_s, begin_s, seen_s,"
			       " real4_s, real6_s, data4_s, data6_s, end_s FROM life ORDER BY id", -1, &q, NULL))
		return store_fail(s, "read");
	while (!error && (code = sqlite3_step(q)) == SQLITE_ROW) {
		const char *boot = (const char *)sqlite3_column_text(q, 1);
		struct store_life life = {
			.id = sqlite3_column_int(q, 0),
			.life.tables = sqlite3_column_int64(q, 2),
			.life.generation = sqlite3_column_int64(q, 3),
			.life.wall_s = sqlite3_column_int64(q, 4),
			.begin_s = sqlite3_column_int64(q, 5),
			.seen_s = sqlite3_column_int64(q, 6),
			.real_s = { sqlite3_column_int64(q, 7), sqlite3_column_int64(q, 8) },
			.data_s = { sqlite3_column_int64(q, 9), sqlite3_column_int64(q, 10) },
			.end_s = sqlite3_column_int64(q, 11),
		};

		if (!boot || strlen(boot) >= sizeof(life.life.boot)) {
			error = store_damaged(s);
			break;
		}
		strcpy(life.life.boot, boot);
		error = add_life(s, &life);
	}
	if (!error && code != SQLITE_DONE)
		error = store_fail(s, "read");
	sqlite3_finalize(q);
	return error;
}

size_t store_lives(const struct store *s, const struct store_life **lives)
{
	*lives = s->life;
	return s->lives;
}

int64_t store_collected(const struct store *s)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < s->lives; i++) {
		const struct store_life *l = &s->life[i];
		int64_t at = (int64_t)l->seen_s - 1 + l->life.wall_s;

		if (l->seen_s && strcmp(l->life.boot, LIFE_IMPORTED) && at > last)
			last = at;
	}
	return last;
}

static int set_wall(struct store *s, const struct life *life)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIFE_WALL);
	size_t i;

	if (!q)
		return -EIO;
	for (i = 0; i < s->lives; i++)
		if (!strcmp(s->life[i].life.boot, life->boot))
			s->life[i].life.wall_s = life->wall_s;
	sqlite3_bind_text(q, 1, life->boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, life->wall_s);
	return store_run(s, q, "write");
}

int store_life(struct store *s, const struct life *life)
{
	struct store_life new = { .life = *life };
	sqlite3_stmt *q;
	int error;
	size_t i;

	error = set_wall(s, life);
	for (i = 0; i < s->lives && !error; i++)
		if (life_is(&s->life[i].life, life)) {
			if (life->generation)
				s->life[i].life.generation = life->generation;
			return s->life[i].id;
		}
	q = error ? NULL : store_stmt(s, SQL_LIFE_ADD);
	if (!q)
		return error ? error : -EIO;
	sqlite3_bind_text(q, 1, life->boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, life->tables);
	sqlite3_bind_int64(q, 3, life->generation);
	sqlite3_bind_int64(q, 4, life->wall_s);
	error = store_run(s, q, "write");
	new.id = sqlite3_last_insert_rowid(s->db);
	if (!error)
		error = add_life(s, &new);
	return error ? error : new.id;
}

int store_set_life(struct store *s, const struct store_life *life)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LIFE_SET);

	if (!q)
		return -EIO;
	sqlite3_bind_int(q, 1, life->id);
	sqlite3_bind_int64(q, 2, life->life.generation);
	sqlite3_bind_int64(q, 3, life->begin_s);
	sqlite3_bind_int64(q, 4, life->seen_s);
	sqlite3_bind_int64(q, 5, life->real_s[0]);
	sqlite3_bind_int64(q, 6, life->real_s[1]);
	sqlite3_bind_int64(q, 7, life->data_s[0]);
	sqlite3_bind_int64(q, 8, life->data_s[1]);
	sqlite3_bind_int64(q, 9, life->end_s);
	return store_run(s, q, "write");
}

int store_drop_lives(struct store *s, int64_t before)
{
	static const enum statement drops[] = { SQL_LOSSES_DROP, SQL_ACKS_DROP, SQL_PARDON_DROP,
						 SQL_REAL_DROP, SQL_CHANGES_DROP,
						 SQL_LIST_DROP };
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(drops) / sizeof(*drops) && !error; i++) {
		sqlite3_stmt *q = store_stmt(s, drops[i]);

		if (!q)
			return -EIO;
		sqlite3_bind_int64(q, 1, before);
		error = store_run(s, q, "write");
	}
	return error;
}

/* --- losses ------------------------------------------------------------------ */

static struct losses losses_of(sqlite3_stmt *q)
{
	return (struct losses){
		.from_s = sqlite3_column_int64(q, 2),
		.to_s = sqlite3_column_int64(q, 3),
		.proofs_lost = sqlite3_column_int64(q, 4),
		.proofs_lost_s = sqlite3_column_int64(q, 5),
		.evicted = sqlite3_column_int64(q, 6),
		.evicted_s = sqlite3_column_int64(q, 7),
		.away = sqlite3_column_int64(q, 8),
		.away_s = sqlite3_column_int64(q, 9),
		.claims_lost = sqlite3_column_int64(q, 10),
		.claims_shed = { sqlite3_column_int64(q, 11), sqlite3_column_int64(q, 12),
				 sqlite3_column_int64(q, 13) },
	};
}

int store_last_losses(struct store *s, int life, struct losses *l)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LOSSES_LAST);
	int ret;

	if (!q)
		return -EIO;
	sqlite3_bind_int(q, 1, life);
	ret = store_step(s, q);
	if (ret > 0)
		*l = losses_of(q);
	sqlite3_reset(q);
	return ret > 0 ? 0 : ret ? ret : -ENOENT;
}

static bool is_same_loss(const struct losses *a, const struct losses *b)
{
	return a->proofs_lost == b->proofs_lost && a->claims_lost == b->claims_lost &&
	       a->away == b->away && a->evicted == b->evicted &&
	       !memcmp(a->claims_shed, b->claims_shed, sizeof(a->claims_shed));
}

int store_add_losses(struct store *s, int life, const struct losses *l)
{
	struct losses last;
	int i, error = store_last_losses(s, life, &last);
	bool is_same = !error && is_same_loss(&last, l);
	sqlite3_stmt *q;

	if (error && error != -ENOENT)
		return error;
	q = store_stmt(s, is_same ? SQL_LOSSES_STRETCH : SQL_LOSSES_ADD);
	if (!q)
		return -EIO;
	sqlite3_bind_int(q, 1, life);
	if (is_same) {
		sqlite3_bind_int64(q, 2, l->to_s);
		return store_run(s, q, "write");
	}
	sqlite3_bind_int64(q, 2, l->from_s);
	sqlite3_bind_int64(q, 3, l->to_s);
	sqlite3_bind_int64(q, 4, l->proofs_lost);
	sqlite3_bind_int64(q, 5, l->proofs_lost_s);
	sqlite3_bind_int64(q, 6, l->evicted);
	sqlite3_bind_int64(q, 7, l->evicted_s);
	sqlite3_bind_int64(q, 8, l->away);
	sqlite3_bind_int64(q, 9, l->away_s);
	sqlite3_bind_int64(q, 10, l->claims_lost);
	for (i = 0; i < PACK_ROLES; i++)
		sqlite3_bind_int64(q, 11 + i, l->claims_shed[i]);
	return store_run(s, q, "write");
}

int store_each_losses(struct store *s, store_losses_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, SQL_LOSSES_EACH);
	struct losses l;
	int ret;

	if (!q)
		return -EIO;
	while ((ret = store_step(s, q)) > 0) {
		l = losses_of(q);
		ret = fn(sqlite3_column_int(q, 1), &l, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

/* Rows of a life, a time and a number. */
static int add_number(struct store *s, enum statement which, int life, uint32_t at_s,
		      int64_t number)
{
	sqlite3_stmt *q = store_stmt(s, which);

	if (!q)
		return -EIO;
	sqlite3_bind_int(q, 1, life);
	sqlite3_bind_int64(q, 2, at_s);
	sqlite3_bind_int64(q, 3, number);
	return store_run(s, q, "write");
}

typedef int number_fn(int life, uint32_t at_s, uint64_t number, void *arg);

static int each_number(struct store *s, enum statement which, number_fn *fn, void *arg)
{
	sqlite3_stmt *q = store_stmt(s, which);
	int ret;

	if (!q)
		return -EIO;
	while ((ret = store_step(s, q)) > 0) {
		ret = fn(sqlite3_column_int(q, 0), sqlite3_column_int64(q, 1),
			 sqlite3_column_int64(q, 2), arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

int store_add_bad_acks(struct store *s, int life, uint32_t hour, uint64_t count)
{
	return add_number(s, SQL_ACKS_ADD, life, hour, count);
}

int store_each_bad_acks(struct store *s, store_bad_acks_fn *fn, void *arg)
{
	return each_number(s, SQL_ACKS_EACH, fn, arg);
}

/* --- the site ---------------------------------------------------------------- */

int store_add_real(struct store *s, int life, int family, const struct nolist_real *real)
{
	sqlite3_stmt *q = store_stmt(s, SQL_REAL_ADD);

	if (!q)
		return -EIO;
	sqlite3_bind_int(q, 1, life);
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
		return -EIO;
	while ((ret = store_step(s, q)) > 0) {
		real = (struct nolist_real){ sqlite3_column_int64(q, 2), sqlite3_column_int64(q, 3),
					     sqlite3_column_int64(q, 4) };
		ret = fn(sqlite3_column_int(q, 0), !!sqlite3_column_int(q, 1), &real, arg);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

int store_add_change(struct store *s, int life, uint32_t at_s, uint64_t mx)
{
	return add_number(s, SQL_CHANGE_ADD, life, at_s, mx);
}

int store_each_change(struct store *s, store_change_fn *fn, void *arg)
{
	return each_number(s, SQL_CHANGES_EACH, fn, arg);
}
