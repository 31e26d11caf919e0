// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps the store bounded, by age and by size. If it is too large, or has too many of them,
 * unverified sources are dropped, first those that came once: a flood of forged SYNs fills the
 * store with such sources, and must not displace evidence that matters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/text.h"
#include "user/store/private.h"

#define STORED_S (STORED_HOURS * (int64_t)HOUR_S)
#define MINUTES (STORED_HOURS * 60)
#define WINDOW 4096 /* rows that are dropped at a time: dropping while walking is slow */

struct prune {
	struct store *s;
	int64_t now;
	enum store_grade grade;
	bool is_once;   /* only sources that came once */
	int64_t before; /* drops rows whose last contact is before this time */
	uint32_t *ages; /* or, if not NULL: counts rows by age in minutes instead */
	bool is_noting; /* the newest of the rows that stay */
	int64_t rows, dropped; /* of a walk */
	int64_t halved; /* the latest "before" of those that were dropped for their number; 0: none */
	struct store_row row[WINDOW];
	uint32_t last[WINDOW];
	size_t n;
};

static int64_t last_of(const struct prune *p, const struct store_row *row)
{
	uint32_t last = stored_last(&row->stored);
	size_t i;

	for (i = 0; i < p->s->epochs; i++)
		if (p->s->epoch[i].id == row->epoch)
			return (int64_t)last - 1 + p->s->epoch[i].epoch.wall_s;
	return 0;
}

static bool came_once(const struct stored *k)
{
	const struct stored_contacts *c = &k->contacts;
	uint64_t opens = 0;
	int i;

	for (i = 0; i < PACK_ROLES; i++)
		opens += (uint64_t)c->now.opens[i] + c->before[i];
	return opens <= 1;
}

static int look_at(struct prune *p, const struct store_row *row)
{
	int64_t last = last_of(p, row), minutes;

	if (p->is_once && !came_once(&row->stored))
		return 0;
	if (p->ages) {
		minutes = last > p->now ? 0 : (p->now - last) * 60 / HOUR_S;
		p->ages[minutes < MINUTES ? minutes : MINUTES]++;
	} else if (last < p->before) {
		p->last[p->n] = stored_last(&row->stored);
		p->row[p->n].key = row->key;
		p->row[p->n++].epoch = row->epoch;
	} else if (p->is_noting) {
		return newest_add(p->s, row->epoch, &row->key, stored_last(&row->stored));
	}
	return 0;
}

static int drop(struct prune *p)
{
	int error = 0;
	size_t i;

	for (i = 0; i < p->n && !error; i++)
		error = store_drop(p->s, &p->row[i], p->grade, p->is_noting ? 0 : p->last[i]);
	p->dropped += p->n;
	p->n = 0;
	return error;
}

static int walk(struct prune *p)
{
	struct pack_hour *hour = calloc(STORED_HOURS, sizeof(*hour));
	struct store_row row = { .stored.hour = hour };
	int ret = hour ? store_start(p->s, p->grade, NULL) : -ENOMEM;

	p->n = 0;
	p->rows = p->dropped = 0;
	while (!ret && (ret = store_next(p->s, p->grade, &row)) > 0) {
		p->rows++;
		ret = look_at(p, &row);
		if (ret || p->n < WINDOW)
			continue;
		ret = drop(p);
		if (!ret)
			ret = store_start(p->s, p->grade, &row.key);
	}
	free(hour);
	return ret ? ret : drop(p);
}

/* Drops the older half of the rows of this grade, or of those that came once. */
static int halve(struct prune *p)
{
	uint64_t all = 0, younger = 0;
	int i, error;

	p->ages = calloc(MINUTES + 1, sizeof(*p->ages));
	if (!p->ages)
		return -ENOMEM;
	error = walk(p);
	for (i = 0; i <= MINUTES; i++)
		all += p->ages[i];
	for (i = 0; i < MINUTES && younger + p->ages[i] <= all / 2; i++)
		younger += p->ages[i];
	free(p->ages);
	p->ages = NULL;
	p->before = p->now - i * (int64_t)HOUR_S / 60;
	if (!error)
		error = walk(p);
	if (p->dropped && p->before > p->halved)
		p->halved = p->before;
	return error;
}

/* --- how many there are -------------------------------------------------------- */

int store_unverified(struct store *s, int64_t *rows)
{
	sqlite3_stmt *q = store_stmt(s, SQL_UNVERIFIED);
	struct columns c = { .q = q };
	int ret;

	*rows = 0;
	if (!q)
		return s->error;
	ret = store_step(s, q);
	if (ret > 0)
		*rows = column_number(&c, 0, 0, INT64_MAX / 2);
	sqlite3_reset(q);
	*rows = *rows + s->more > 0 ? *rows + s->more : 0;
	return c.is_damaged ? store_damaged(s) : ret < 0 ? ret : 0;
}

static int set_unverified(struct store *s, int64_t rows)
{
	sqlite3_stmt *q = store_stmt(s, SQL_UNVERIFIED_SET);

	if (!q)
		return s->error;
	sqlite3_bind_int64(q, 1, rows);
	s->more = 0;
	return store_run(s, q, "write");
}

int store_note_unverified(struct store *s)
{
	int64_t rows;
	int error = store_unverified(s, &rows);

	return error ? error : set_unverified(s, rows);
}

static int is_too_many(struct store *s, uint64_t bytes_max)
{
	uint64_t most = bytes_max / STORE_UNVERIFIED_SHARE / STORE_UNVERIFIED_BYTES;
	int64_t rows;
	int error = store_unverified(s, &rows);

	return error ? error : (uint64_t)rows > most;
}

static int is_too_large(struct store *s, uint64_t bytes_max)
{
	int pages, idle, size, error;

	error = store_number(s, "PRAGMA page_count", &pages);
	if (!error)
		error = store_number(s, "PRAGMA freelist_count", &idle);
	if (!error)
		error = store_number(s, "PRAGMA page_size", &size);
	return error ? error : (uint64_t)(pages - idle) * size > bytes_max;
}

/* --- pruning ------------------------------------------------------------------- */

static int prune_by_age(struct prune *p)
{
	int i, error = newest_again(p->s);

	p->before = p->now - STORED_S;
	p->is_noting = true;
	for (i = STORE_GRADES - 1; i >= 0 && !error; i--) {
		p->grade = i;
		error = walk(p);
	}
	p->is_noting = false;
	/* The walk over the unverified ones was the last. */
	p->s->more = 0;
	if (!error)
		error = set_unverified(p->s, p->rows - p->dropped);
	if (!error)
		error = store_drop_epochs(p->s, p->now - STORED_S);
	return error ? error : store_drop_history(p->s, p->now);
}

static int prune_unverified(struct prune *p, uint64_t bytes_max)
{
	int ret;

	p->grade = STORE_UNVERIFIED;
	p->is_once = true;
	while ((ret = is_too_many(p->s, bytes_max)) > 0) {
		ret = halve(p);
		if (ret || (!p->dropped && !p->is_once))
			break;
		p->is_once = p->is_once && p->dropped;
	}
	return ret;
}

static int prune_by_size(struct prune *p, uint64_t bytes_max)
{
	int i, ret, error = 0;

	for (i = 0; i < 2 && !error && (ret = is_too_large(p->s, bytes_max)); i++) {
		p->grade = STORE_UNVERIFIED;
		p->is_once = !i;
		error = ret < 0 ? ret : halve(p);
	}
	return error;
}

int store_prune(struct store *s, int64_t now, bool is_by_age, uint64_t bytes_max, int64_t *before)
{
	struct prune *p = calloc(1, sizeof(*p));
	int error = p ? 0 : -ENOMEM;

	*before = 0;
	if (p)
		*p = (struct prune){ .s = s, .now = now };
	if (!error && is_by_age)
		error = prune_by_age(p);
	if (!error)
		error = prune_unverified(p, bytes_max);
	if (!error)
		error = prune_by_size(p, bytes_max);
	*before = error ? 0 : p->halved;
	free(p);
	return error;
}
