// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the records of the tables into the store, in one commit. Reading changes
 * nothing, so a collect that was killed is simply repeated. Only committed records are
 * freed in the kernel, and only in a table that would refuse new sources when full.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/base/prefetch.h"
#include "user/base/text.h"
#include "user/evidence/collect.h"
#include "user/kernel/kern.h"
#include "user/snapshot/snapshot.h"
#include "user/store/store.h"

/*
 * Idle time after which a record is freed. As long as there is a record, contacts of its source are
 * noted in a flood as well (bpf/contacts.h): so a source that comes each day is always known, if less than
 * an eighth of the table is used. Up to half of it: as long as a record holds its last hours.
 */
#define IDLE_LONG_S (26 * HOUR_S)
#define IDLE_S (NOLIST_HOURS * HOUR_S)
#define IDLE_SHORT_S (HOUR_S / 12)

#define NS 1000000000ull

struct collect {
	const char *state_dir;
	uint64_t bytes_max;
	struct kern *k;
	struct store *store;
	struct store *before; /* the same, as it was before this collect */
	struct snapshot *tables;
	struct collect_fill fill;
	uint64_t news[STORE_COUNTS]; /* what this collect adds to the history */
	uint32_t seen_s; /* when the tables that are being stored were stored last; 0: never */
	struct collected done;
};

/* --- into the store ---------------------------------------------------------- */

static void drop_old_hours(struct stored *k, uint32_t now_s)
{
	uint32_t hour = (now_s - 1) / HOUR_S + 1;
	unsigned int i;

	for (i = 0; i < k->hours && k->hour[i].hour + STORED_HOURS <= hour; i++)
		;
	k->hours -= i;
	memmove(k->hour, k->hour + i, k->hours * sizeof(*k->hour));
}

/* Rows that are read, merged and written: so few that they stay in the processor's cache. */
#define WINDOW 512
#define WINDOWS 4 /* one is written while a thread fills the others */

struct window {
	struct store_row row[WINDOW];
	const struct store_row *news[WINDOW]; /* rows that have changed */
	size_t n, n_news;
	int error; /* of reading */
};

/* The rows of one epoch, read ahead and merged with the tables. */
struct reading {
	struct prefetch prefetch;
	struct collect *c;
	struct store *store; /* to read from */
	struct snapshot_walk walk;
	int epoch, id; /* in the snapshot, and in the store */
	struct snapshot_item item[WINDOW]; /* of the window that is being filled */
	struct window window[WINDOWS];
};

static void reading_free(struct reading *r)
{
	size_t i, k;

	for (k = 0; r && k < WINDOWS; k++)
		for (i = 0; i < WINDOW; i++) {
			free(r->window[k].row[i].stored.hour);
			store_coded_free(&r->window[k].row[i]);
		}
	free(r);
}

/* What the history counts of a source: numbers that only grow, as long as its row is stored. */
static void add_counts(const struct stored *k, int64_t sign, uint64_t sum[STORE_COUNTS])
{
	const struct stored_verified *v = &k->verified;
	int i;

	for (i = 0; i < PACK_ROLES; i++)
		sum[COUNT_LOW + i] +=
			sign * ((int64_t)k->contacts.now.opens[i] + k->contacts.before[i]);
	sum[COUNT_DIALOGUES] += sign * ((int64_t)v->now.talk_hours + v->before_talk_hours);
	sum[COUNT_DATA] += sign * ((int64_t)v->now.data_count + v->before_data_count);
	sum[COUNT_WALKS] += sign * ((int64_t)v->walks + v->before_walks);
}

/*
 * A row that the store has dropped, while the table still has the source, was counted when it
 * was stored first.
 */
static bool was_counted(const struct collect *c, const struct snapshot_item *item)
{
	uint32_t first = UINT32_MAX;
	int i;

	for (i = 0; item->contacts && i < PACK_ROLES; i++)
		if (item->contacts->role[i].first && item->contacts->role[i].first < first)
			first = item->contacts->role[i].first;
	if (item->verified && item->verified->data.first && item->verified->data.first < first)
		first = item->verified->data.first;
	if (item->verified && item->verified->talk.first && item->verified->talk.first < first)
		first = item->verified->talk.first;
	return first < c->seen_s;
}

/* Merges a source of the tables into its row. True: the row has changed. */
static bool merge_item(struct collect *c, struct store_row *row, const struct snapshot_item *item,
		       const struct epoch *epoch, uint32_t now_s)
{
	bool is_known = row->stored.contacts.begin || row->stored.verified.begin, is_new = false;
	bool counts = is_known || !was_counted(c, item);

	row->stored.seen_s = c->seen_s;
	if (counts)
		add_counts(&row->stored, -1, c->news);

	if (item->contacts)
		is_new |= stored_add_contacts(&row->stored, item->contacts, epoch->wall_s);
	if (item->verified)
		is_new |=
			stored_add_verified(&row->stored, item->verified, item->hour, item->hours);
	if (item->contacts)
		is_new |= stored_add_opens(&row->stored, item->contacts, now_s);
	if (counts)
		add_counts(&row->stored, 1, c->news);
	c->fill.contacts += !!item->contacts;
	c->fill.verified += !!item->verified;
	c->done.sources++;
	if (!is_new)
		return false;
	c->done.changed++;
	drop_old_hours(&row->stored, now_s);
	return true;
}

static int merge_window(struct reading *r, struct window *w)
{
	const struct epoch *epoch = snapshot_epoch(r->c->tables, r->epoch);
	uint32_t now_s = snapshot_stats(r->c->tables, r->epoch)->now_s;
	int error = 0;
	size_t i;

	for (i = w->n_news = 0; i < w->n && !error; i++) {
		if (!merge_item(r->c, &w->row[i], &r->item[i], epoch, now_s))
			continue;
		error = store_code(&w->row[i]);
		w->news[w->n_news++] = &w->row[i];
	}
	return error;
}

/*
 * Reads the next sources of the tables, and their stored rows, and merges them. Until the reading
 * is stopped all counts of the collect are this function's.
 */
static bool read_window(void *arg, unsigned int slot)
{
	struct reading *r = arg;
	struct window *w = &r->window[slot];

	for (w->n = 0; w->n < WINDOW && snapshot_next(&r->walk, &r->item[w->n]); w->n++) {
		w->row[w->n].key = r->item[w->n].key;
		w->row[w->n].epoch = r->id;
	}
	w->error = store_get_many(r->store, w->row, w->n);
	if (!w->error)
		w->error = merge_window(r, w);
	return !w->error && w->n == WINDOW;
}

/*
 * The first epoch is read through a second connection, as it was before this collect: so
 * rows can be read while others are written. For further epochs that would be wrong, since
 * rows may have moved to the other grade meanwhile.
 */
static int collect_sources(struct collect *c, struct reading *r, int epoch, int id)
{
	bool is_last = false;
	struct window *w;
	int error = 0;

	r->c = c;
	r->store = epoch ? c->store : c->before;
	r->epoch = epoch;
	r->id = id;
	snapshot_start(c->tables, epoch, NULL, &r->walk);
	prefetch_start(&r->prefetch, WINDOWS, !epoch, read_window, NULL, r);
	while (!error && !is_last) {
		w = &r->window[prefetch_take(&r->prefetch)];
		is_last = w->n < WINDOW;
		error = w->error ? w->error : store_put_many(c->store, w->news, w->n_news);
		/* From here on the window is the thread's. */
		if (!error && !is_last)
			prefetch_give(&r->prefetch);
	}
	prefetch_stop(&r->prefetch);
	return error;
}

/*
 * Stores when the program was detached since the last collect, each as an interval of its own;
 * *last: the interval before, which is then the last of these.
 */
static int collect_detached(struct store *s, int id, const struct snapshot_stats *stats,
			    struct gap *last)
{
	uint32_t seen_s = last->to_s;
	unsigned int i;
	int error = 0;

	for (i = 0; i < stats->detacheds && !error; i++) {
		struct pack_span d = stats->detached[i];

		/* Is it stored already? Short ones begin and end in the second of a collect. */
		if (d.last < seen_s || (d.last == seen_s && last->detached_s == seen_s))
			continue;
		/* It goes on since then, or nothing is known of its beginning. */
		if (!d.first || (d.first < seen_s && last->detached_s == seen_s))
			d.first = seen_s;
		last->from_s = d.first;
		last->to_s = last->detached_s = d.last;
		last->detached++;
		error = store_add_gaps(s, id, last);
	}
	return error;
}

int collect_gaps(struct store *s, int id, const struct snapshot_stats *stats)
{
	struct gap gap = stats->gaps, last = { .to_s = stats->begin_s };
	int i, error = store_last_gaps(s, id, &last);

	if (error == -ENOENT)
		error = 0;
	gap.from_s = last.to_s;
	if (!error)
		error = collect_detached(s, id, stats, &last);
	gap.detached = last.detached;
	gap.detached_s = last.detached_s;
	gap_evicted(&gap, &last);
	if (!error)
		error = store_add_gaps(s, id, &gap);
	for (i = 0; i < NOLIST_HOURS && !error; i++)
		if (stats->bad_acks[i].hour)
			error = store_add_bad_acks(s, id, stats->bad_acks[i].hour,
						   stats->bad_acks[i].count);
	return error;
}

/* Stores the last hours of the real MX, and changes of the MX addresses. */
static int collect_site(struct collect *c, int id, const struct snapshot_stats *stats)
{
	int f, i, error = 0;

	for (f = 0; f < 2; f++)
		for (i = 0; i < NOLIST_HOURS && !error; i++)
			if (stats->real[f][i].hour)
				error = store_add_real(c->store, id, f, &stats->real[f][i]);
	for (i = NOLIST_CHANGES - 1; i >= 0 && !error; i--)
		if (stats->change[i].mx)
			error = store_add_change(c->store, id, pack_second(stats->change[i].at_ns),
						 stats->change[i].mx);
	return error;
}

static const struct store_epoch *epoch_row(const struct store *s, int id)
{
	const struct store_epoch *epochs;
	size_t i, n = store_epochs(s, &epochs);

	for (i = 0; i + 1 < n && epochs[i].id != id; i++)
		;
	return &epochs[i];
}

static int collect_stats(struct collect *c, int id, int epoch)
{
	const struct snapshot_stats *stats = snapshot_stats(c->tables, epoch);
	struct store_epoch to = *epoch_row(c->store, id);
	int f;

	to.begin_s = stats->begin_s;
	to.seen_s = stats->now_s;
	if (stats->is_replaced)
		to.end_s = stats->now_s;
	for (f = 0; f < 2; f++) {
		if (stats->real_s[f] > to.real_s[f])
			to.real_s[f] = stats->real_s[f];
		if (stats->data_s[f] > to.data_s[f])
			to.data_s[f] = stats->data_s[f];
	}
	return store_set_epoch(c->store, &to);
}

static int collect_epoch(struct collect *c, struct reading *r, int epoch)
{
	int error, id = store_epoch(c->store, snapshot_epoch(c->tables, epoch));

	if (id < 0)
		return id;
	c->seen_s = epoch_row(c->store, id)->seen_s;
	error = collect_sources(c, r, epoch, id);
	if (!error)
		error = collect_gaps(c->store, id, snapshot_stats(c->tables, epoch));
	if (!error)
		error = collect_site(c, id, snapshot_stats(c->tables, epoch));
	return error ? error : collect_stats(c, id, epoch);
}

/* All epochs. The second connection is closed afterwards: it would keep the log from shrinking. */
static int collect_epochs(struct collect *c)
{
	struct reading *r = calloc(1, sizeof(*r));
	int i, error = r ? store_open(&c->before, c->state_dir, STORE_READ) : -ENOMEM;

	if (r)
		prefetch_init(&r->prefetch);
	for (i = 0; i < snapshot_epochs(c->tables) && !error; i++)
		error = collect_epoch(c, r, i);
	store_close(c->before);
	reading_free(r);
	return error;
}

/*
 * Contacts of the last hour were dropped, since the store is full of a flood: it is noted, since
 * they were perhaps those of a walk.
 */
static int note_dropped(struct collect *c, int epoch)
{
	uint32_t now_s = snapshot_stats(c->tables, epoch)->now_s;
	int error, id = store_epoch(c->store, snapshot_epoch(c->tables, epoch));
	struct gap gap;

	if (id < 0)
		return id;
	error = store_last_gaps(c->store, id, &gap);
	gap.from_s = gap.to_s = gap.contacts_evicted_s = now_s;
	gap.contacts_evicted++;
	return error ? error : store_add_gaps(c->store, id, &gap);
}

static int prune(struct collect *c, bool is_by_age)
{
	int64_t now = time(NULL), before;
	int i, error = store_prune(c->store, now, is_by_age, c->bytes_max, &before);

	for (i = 0; i < snapshot_epochs(c->tables) && !error && before > now - HOUR_S; i++)
		error = note_dropped(c, i);
	return error;
}

/* In the same transaction as the rows: what a killed collect has counted is gone with them. */
static int write_news(struct collect *c)
{
	int64_t hour = time(NULL) / HOUR_S;
	int i, error = 0;

	for (i = 0; i < STORE_COUNTS && !error; i++)
		error = store_count_more(c->store, i, hour, c->news[i]);
	return error;
}

static int write_store(struct collect *c)
{
	bool is_new_day = time(NULL) / DAY_S > store_collected(c->store) / DAY_S;
	int error = store_begin(c->store), has_newest = 0;

	if (!error)
		error = collect_epochs(c);
	if (!error)
		error = collect_visits(c->store, c->state_dir, time(NULL));
	if (!error)
		error = write_news(c);
	if (!error)
		error = collect_fill(c->store, c->k, c->tables, &c->fill);
	if (!error)
		has_newest = store_has_newest(c->store);
	if (!error)
		error = has_newest < 0 ? has_newest : prune(c, is_new_day || !has_newest);
	return error ? error : store_commit(c->store);
}

/* --- freeing ----------------------------------------------------------------- */

static bool is_idle(const struct snapshot_item *item, uint32_t now_s, uint32_t idle_s)
{
	const struct pack_verified *v = item->verified;
	uint32_t last = v->data.last > v->talk.last ? v->data.last : v->talk.last;

	return now_s > last && now_s - last > idle_s;
}

/* Frees a record, if it is still as it was committed. */
static int free_item(struct collect *c, int instance, const struct snapshot_item *item)
{
	struct nolist_source src = pack_source(&item->key);
	struct pack_hour hour[NOLIST_HOURS];
	struct nolist_verified now;
	struct pack_verified packed;
	unsigned int hours;
	int error;

	if (kern_verified(c->k, instance, &src, &now) || !pack_is_known(&now))
		return 0;
	packed = pack_verified(&now, hour, &hours);
	if (memcmp(&packed, item->verified, sizeof(packed)) || hours != item->hours ||
	    memcmp(hour, item->hour, hours * sizeof(*hour)))
		return 0;
	error = kern_free_verified(c->k, instance, &src, &now);
	c->done.freed += !error;
	return error == -EAGAIN ? 0 : error;
}

static int free_instance(struct collect *c, int instance)
{
	uint32_t now_s = snapshot_stats(c->tables, instance)->now_s, idle_s;
	struct kern_tables tables;
	struct snapshot_item item;
	struct snapshot_walk w;
	size_t verified = 0;
	int error;

	/* All records of replaced tables are stored now. */
	if (kern_is_replaced(c->k, instance))
		return kern_forget(c->k, instance);
	error = kern_tables(c->k, instance, &tables);
	/* An LRU table evicts by itself. */
	if (error || tables.is_lru)
		return error;
	snapshot_start(c->tables, instance, NULL, &w);
	w.is_verified = true;
	while (snapshot_next(&w, &item))
		verified++;
	idle_s = verified > tables.verified_max / 2 ? IDLE_SHORT_S :
		 verified > tables.verified_max / 8 ? IDLE_S : IDLE_LONG_S;
	snapshot_start(c->tables, instance, NULL, &w);
	w.is_verified = true;
	while (!error && snapshot_next(&w, &item))
		if (is_idle(&item, now_s, idle_s))
			error = free_item(c, instance, &item);
	return error;
}

/* --- all of it ---------------------------------------------------------------- */

static int run(struct collect *c)
{
	int i, error = snapshot_read(&c->tables, c->k, NULL);

	if (error)
		return fail(error, "cannot read the tables");
	error = write_store(c);
	if (error)
		return error;
	for (i = 0; i < snapshot_epochs(c->tables) && !error; i++) {
		/* Of all that is before this moment it is stored whether anything was lost. */
		kern_note_collected(c->k, i, (snapshot_stats(c->tables, i)->now_s - 1) * NS);
		error = free_instance(c, i);
	}
	return error ? fail(error, "everything is stored, but idle records cannot be freed") : 0;
}

int collect(const char *pin_dir, const char *state_dir, uint64_t bytes_max, struct collected *done)
{
	struct collect c = { .state_dir = state_dir, .bytes_max = bytes_max };
	int error = kern_open(&c.k, pin_dir);

	/* Locked before the tables are read: no other collect may free records meanwhile. */
	if (!error)
		error = store_open(&c.store, state_dir, STORE_WRITE);
	if (!error)
		error = run(&c);
	store_close(c.store);
	snapshot_free(c.tables);
	kern_close(c.k);
	*done = c.done;
	return error;
}
