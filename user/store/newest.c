// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of each epoch the sources that were there last. They are complete up to an end: each other
 * row of the epoch comes behind it. What is written is added if it comes before the end, and what
 * is dropped is left out: so they stay complete, but may become few. A prune by age, which walks over
 * all rows, notes them anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/store/private.h"

#define ROOM (2 * STORE_NEWEST)

struct newest {
	int epoch;
	bool is_noted; /* all up to the end are among them */
	bool has_changed;
	struct store_newest end; /* last is 0: there are no others */
	struct store_newest *item; /* in any order; perhaps a source twice, with an earlier time */
	size_t n;
};

static uint32_t later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t stored_last(const struct stored *k)
{
	uint32_t last = later(k->verified.now.data.last, k->verified.now.talk.last);
	int i;

	for (i = 0; i < PACK_ROLES; i++)
		last = later(last, k->contacts.now.role[i].last);
	return last;
}

/* --- sorting ----------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return store_newest_compare(a, b);
}

/* The latest time of a source comes first. */
static int compare_sources(const void *a, const void *b)
{
	const struct store_newest *x = a, *y = b;
	int order = pack_compare(&x->key, &y->key);

	return order ? order : (x->last < y->last) - (x->last > y->last);
}

/* Each source once, sorted; those beyond the most are cut off, and the end is before them. */
static void settle(struct newest *m)
{
	size_t i, n = 0;

	if (!m->n)
		return;
	qsort(m->item, m->n, sizeof(*m->item), compare_sources);
	for (i = 0; i < m->n; i++)
		if (!n || pack_compare(&m->item[n - 1].key, &m->item[i].key))
			m->item[n++] = m->item[i];
	qsort(m->item, n, sizeof(*m->item), compare);
	m->n = n;
	if (n <= STORE_NEWEST)
		return;
	m->n = STORE_NEWEST;
	m->end = m->item[m->n - 1];
}

/* May it be among them? */
static bool has_place(const struct newest *m, const struct store_newest *item)
{
	return m->is_noted && (!m->end.last || store_newest_compare(item, &m->end) <= 0);
}

/* --- reading ----------------------------------------------------------------- */

static int out_of_memory(struct store *s)
{
	return fail(-ENOMEM, "cannot hold the newest sources of '%s'", s->path);
}

static int read_one(struct store *s, sqlite3_stmt *q, struct store_newest *to)
{
	struct columns c = { .q = q };

	*to = (struct store_newest){ column_key(&c, 0), column_word(&c, 1) };
	return c.is_damaged ? store_damaged(s) : 0;
}

static int read_end(struct store *s, int epoch, struct store_newest *end)
{
	sqlite3_stmt *q = store_stmt(s, SQL_NEWEST_END);
	int ret;

	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch);
	ret = store_step(s, q);
	if (ret > 0)
		ret = read_one(s, q, end);
	else if (!ret)
		ret = -EAGAIN;
	sqlite3_reset(q);
	return ret;
}

static int read_items(struct store *s, int epoch, struct store_newest *to, size_t *n)
{
	sqlite3_stmt *q = store_stmt(s, SQL_NEWEST_EACH);
	int ret;

	*n = 0;
	if (!q)
		return s->error;
	sqlite3_bind_int(q, 1, epoch);
	while ((ret = store_step(s, q)) > 0 && !(ret = read_one(s, q, &to[*n])))
		if (++*n > STORE_NEWEST)
			return store_damaged(s);
	sqlite3_reset(q);
	return ret;
}

static int read_all(struct store *s, struct newest *m)
{
	int error = read_end(s, m->epoch, &m->end);

	if (error)
		return error == -EAGAIN ? 0 : error;
	m->is_noted = true;
	return read_items(s, m->epoch, m->item, &m->n);
}

int store_newest(struct store *s, int epoch, struct store_newest *to, size_t *n,
		 struct store_newest *end)
{
	struct newest m = { .item = calloc(ROOM, sizeof(*m.item)) };
	int error = m.item ? read_end(s, epoch, end) : out_of_memory(s);

	if (!error)
		error = read_items(s, epoch, m.item, &m.n);
	settle(&m);
	*n = error ? 0 : m.n;
	memcpy(to, m.item, *n * sizeof(*to));
	free(m.item);
	return error;
}

int store_has_newest(struct store *s)
{
	sqlite3_stmt *q = store_stmt(s, SQL_NEWEST_MISSING);
	int ret;

	if (!q)
		return s->error;
	ret = store_step(s, q);
	if (ret > 0)
		ret = !sqlite3_column_int(q, 0);
	sqlite3_reset(q);
	return ret;
}

/* --- of the transaction -------------------------------------------------------- */

static struct newest *add_epoch(struct store *s, int epoch)
{
	struct newest *grown = reallocarray(s->newest, s->newests + 1, sizeof(*grown));
	struct newest *m = grown ? &grown[s->newests] : NULL;

	if (!grown)
		return NULL;
	s->newest = grown;
	*m = (struct newest){ .epoch = epoch, .item = calloc(ROOM + 1, sizeof(*m->item)) };
	s->newests += m->item ? 1 : 0;
	return m->item ? m : NULL;
}

static struct newest *find(const struct store *s, int epoch)
{
	size_t i = s->newests;

	while (i && s->newest[i - 1].epoch != epoch)
		i--;
	return i ? &s->newest[i - 1] : NULL;
}

/* Those of an epoch, as they are stored if the transaction has not asked yet; NULL: *error is why. */
static struct newest *newest_of(struct store *s, int epoch, int *error)
{
	struct newest *m = find(s, epoch);

	*error = 0;
	if (m)
		return m;
	m = add_epoch(s, epoch);
	*error = m ? read_all(s, m) : out_of_memory(s);
	return *error ? NULL : m;
}

/* A write outside of a transaction is one of its own. */
static int end_statement(struct store *s)
{
	return sqlite3_get_autocommit(s->db) ? newest_write(s) : 0;
}

int newest_begin(struct store *s, int epoch)
{
	struct newest *m = find(s, epoch);

	if (!m)
		m = add_epoch(s, epoch);
	if (!m)
		return out_of_memory(s);
	m->n = 0;
	m->end = (struct store_newest){};
	m->is_noted = m->has_changed = true;
	return end_statement(s);
}

int newest_add(struct store *s, int epoch, const struct pack_key *key, uint32_t last)
{
	struct store_newest item = { *key, last };
	int error;
	struct newest *m = newest_of(s, epoch, &error);

	if (!m || !has_place(m, &item))
		return error;
	m->item[m->n++] = item;
	m->has_changed = true;
	if (m->n == ROOM)
		settle(m);
	return end_statement(s);
}

static void leave_out(struct newest *m, const struct pack_key *key)
{
	size_t i, n = 0;

	for (i = 0; i < m->n; i++)
		if (pack_compare(&m->item[i].key, key))
			m->item[n++] = m->item[i];
	m->has_changed |= n < m->n;
	m->n = n;
}

int newest_drop(struct store *s, int epoch, const struct pack_key *key, uint32_t last)
{
	struct store_newest item = { *key, last };
	struct newest *m;
	int error;

	if (!last)
		return 0;
	m = newest_of(s, epoch, &error);
	if (!m || !has_place(m, &item))
		return error;
	leave_out(m, key);
	return end_statement(s);
}

/* Of what the transaction has not asked for yet the caller deletes it in the file. */
int newest_forget(struct store *s, const struct pack_key *key)
{
	size_t i;

	for (i = 0; i < s->newests; i++)
		leave_out(&s->newest[i], key);
	return 0;
}

int newest_again(struct store *s)
{
	int error = 0;
	size_t i;

	for (i = 0; i < s->epochs && !error; i++)
		error = newest_begin(s, s->epoch[i].id);
	return error;
}

/* --- writing ------------------------------------------------------------------- */

static int write_one(struct store *s, enum statement which, int epoch,
		     const struct store_newest *item)
{
	sqlite3_stmt *q = store_stmt(s, which);
	unsigned char bytes[STORE_KEY_SIZE];

	if (!q)
		return s->error;
	store_key_bytes(&item->key, bytes);
	sqlite3_bind_int(q, 1, epoch);
	sqlite3_bind_blob(q, 2, bytes, sizeof(bytes), SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, item->last);
	return store_run(s, q, "write");
}

static int write_epoch(struct store *s, struct newest *m)
{
	sqlite3_stmt *q = store_stmt(s, SQL_NEWEST_DROP);
	int error;
	size_t i;

	if (!q)
		return s->error;
	settle(m);
	m->has_changed = false;
	sqlite3_bind_int(q, 1, m->epoch);
	error = store_run(s, q, "write");
	for (i = 0; i < m->n && !error; i++)
		error = write_one(s, SQL_NEWEST_ADD, m->epoch, &m->item[i]);
	return error ? error : write_one(s, SQL_NEWEST_END_SET, m->epoch, &m->end);
}

int newest_write(struct store *s)
{
	int error = 0;
	size_t i;

	for (i = 0; i < s->newests && !error; i++)
		if (s->newest[i].has_changed)
			error = write_epoch(s, &s->newest[i]);
	return error;
}

void newest_free(struct store *s)
{
	size_t i;

	for (i = 0; i < s->newests; i++)
		free(s->newest[i].item);
	free(s->newest);
	s->newest = NULL;
	s->newests = 0;
}
