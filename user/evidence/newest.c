// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the sources that were there last, of the tables, and of what the store notes of each epoch.
 * A source of these was there at its last time in one epoch, and there it is among the last ones as
 * well: so they are found without its other rows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/thread.h"
#include "user/evidence/private.h"

/* Candidates: a bounded number of them, of which those that come later are left out. */
struct candidates {
	size_t most, n;
	bool is_full; /* the first most are sorted: what comes behind them is left out */
	int64_t wall_s;
	struct evidence_newest *item; /* twice as many as the most */
};

static int compare(const void *a, const void *b)
{
	const struct evidence_newest *x = a, *y = b;

	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return pack_compare(&x->key, &y->key);
}

static int compare_sources(const void *a, const void *b)
{
	const struct evidence_newest *x = a, *y = b;
	int order = pack_compare(&x->key, &y->key);

	return order ? order : compare(a, b);
}

/* Each source once, with its latest time; sorted. */
static void settle(struct candidates *c)
{
	size_t i, n = 0;

	if (c->n)
		qsort(c->item, c->n, sizeof(*c->item), compare_sources);
	for (i = 0; i < c->n; i++)
		if (!n || pack_compare(&c->item[n - 1].key, &c->item[i].key))
			c->item[n++] = c->item[i];
	if (n)
		qsort(c->item, n, sizeof(*c->item), compare);
	c->is_full = n >= c->most;
	c->n = c->is_full ? c->most : n;
}

static void add(struct candidates *c, const struct evidence_newest *item)
{
	if (c->is_full && compare(item, &c->item[c->most - 1]) > 0)
		return;
	c->item[c->n++] = *item;
	if (c->n == 2 * c->most)
		settle(c);
}

/* --- of the tables --------------------------------------------------------------- */

static void on_last(const struct pack_key *key, uint32_t last, void *arg)
{
	struct candidates *c = arg;
	struct evidence_newest item = { *key, record_wall(last, c->wall_s) };

	if (last)
		add(c, &item);
}

struct table {
	const struct evidence *e;
	bool is_verified;
	struct candidates c;
};

static void *look_through(void *arg)
{
	struct table *t = arg;
	int i;

	for (i = 0; i < t->e->epochs; i++) {
		if (t->e->epoch[i].table < 0)
			continue;
		t->c.wall_s = t->e->epoch[i].epoch.wall_s;
		snapshot_each_last(t->e->tables, t->e->epoch[i].table, t->is_verified, on_last, &t->c);
	}
	settle(&t->c);
	return NULL;
}

static int begin(struct candidates *c, size_t most)
{
	*c = (struct candidates){ .most = most, .item = reallocarray(NULL, most, 2 * sizeof(*c->item)) };
	return c->item ? 0 : -ENOMEM;
}

static int add_tables(const struct evidence *e, struct candidates *c)
{
	struct table t[2] = { { .e = e }, { .e = e, .is_verified = true } };
	int i, error = begin(&t[0].c, c->most) ? -ENOMEM : begin(&t[1].c, c->most);
	size_t k;

	if (!error)
		thread_both(look_through, &t[0], &t[1]);
	for (i = 0; i < 2; i++) {
		for (k = 0; !error && k < t[i].c.n; k++)
			add(c, &t[i].c.item[k]);
		free(t[i].c.item);
	}
	return error;
}

/* --- of the store ---------------------------------------------------------------- */

/* *end: the first in order of what is behind the noted ones, in any epoch; last is 0: there is nothing. */
static int add_stored(const struct evidence *e, struct candidates *c, struct evidence_newest *end)
{
	struct store_newest *noted = calloc(STORE_NEWEST, sizeof(*noted)), behind;
	int i, error = noted ? 0 : -ENOMEM;
	size_t k, n;

	for (i = 0; i < e->epochs && !error; i++) {
		int64_t wall_s = e->epoch[i].epoch.wall_s;

		if (!e->epoch[i].stored)
			continue;
		error = store_newest(e->store, e->epoch[i].stored->id, noted, &n, &behind);
		for (k = 0; !error && k < n; k++)
			if (noted[k].last)
				add(c, &(struct evidence_newest){ noted[k].key,
								  record_wall(noted[k].last, wall_s) });
		if (!error && behind.last) {
			struct evidence_newest first = { behind.key, record_wall(behind.last, wall_s) };

			if (!end->last || compare(&first, end) < 0)
				*end = first;
		}
	}
	free(noted);
	return error;
}

/* Times of a clock that was never set are cut off at these: then their order is not known. */
static bool is_time(int64_t at)
{
	return at > DAY_S && at < UINT32_MAX;
}

/* Are these the first n of all, whatever is behind the end? */
static bool is_certain(const struct candidates *c, const struct evidence_newest *end)
{
	const struct evidence_newest *last = c->n ? &c->item[c->n - 1] : NULL;

	return c->n == c->most && is_time(last->last) && is_time(c->item[0].last) &&
	       compare(last, end) <= 0;
}

int evidence_newest(struct evidence *e, struct evidence_newest *to, size_t n)
{
	struct evidence_newest end = {};
	struct candidates c;
	int error;

	evidence_stop(e);
	if (!n || e->only || n > STORE_NEWEST || !e->store)
		return -EAGAIN;
	error = begin(&c, n);
	if (!error)
		error = add_stored(e, &c, &end);
	/* A walk over few rows is as quick. */
	if (!error && !end.last)
		error = -EAGAIN;
	if (!error)
		error = add_tables(e, &c);
	if (!error) {
		settle(&c);
		error = is_certain(&c, &end) ? 0 : -EAGAIN;
	}
	if (!error)
		memcpy(to, c.item, n * sizeof(*to));
	free(c.item);
	return error;
}
