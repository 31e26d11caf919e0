// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each life two tables, claims and proofs: keys, which are sorted, and beside
 * them the records, put into the same order afterwards, so that walks do not jump.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern.h"
#include "snapshot.h"

#define NS 1000000000ll

struct array {
	void *at;
	size_t used, room;
};

/* A key, and where its record is. */
struct place {
	uint64_t high; /* the key, without what would pad it */
	uint32_t low;
	uint32_t at;
};

static struct pack_key key_of(const struct place *p)
{
	return (struct pack_key){ p->high, p->low };
}

struct proofs {
	struct pack_proofs p;
	uint32_t hour; /* place of its hours in the pool */
	uint32_t hours;
};

struct table {
	struct array places;  /* struct place */
	struct array records; /* struct pack_claims or struct proofs */
	size_t size;          /* of a record */
};

struct tables {
	struct life life;
	struct table claims, proofs;
	struct array hours; /* struct pack_hour */
	struct snapshot_stats stats;
};

struct snapshot {
	struct tables *tables;
	int lives;
};

/* Room for n more; they are not cleared. */
static void *array_add(struct array *a, size_t size, size_t n)
{
	size_t room = a->room ? a->room : 64;
	void *at;

	while (room < a->used + n)
		room += room / 2;
	if (room > a->room) {
		at = reallocarray(a->at, room, size);
		if (!at)
			return NULL;
		a->at = at;
		a->room = room;
	}
	at = (char *)a->at + a->used * size;
	a->used += n;
	return at;
}

int snapshot_new(struct snapshot **sp)
{
	*sp = calloc(1, sizeof(**sp));
	return *sp ? 0 : -ENOMEM;
}

void snapshot_free(struct snapshot *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < s->lives; i++) {
		struct tables *t = &s->tables[i];

		free(t->claims.places.at);
		free(t->claims.records.at);
		free(t->proofs.places.at);
		free(t->proofs.records.at);
		free(t->hours.at);
	}
	free(s->tables);
	free(s);
}

int snapshot_add_life(struct snapshot *s, const struct life *life)
{
	struct tables *grown = reallocarray(s->tables, s->lives + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->tables = grown;
	s->tables[s->lives] = (struct tables){ .life = *life,
					       .claims.size = sizeof(struct pack_claims),
					       .proofs.size = sizeof(struct proofs) };
	return s->lives++;
}

int snapshot_lives(const struct snapshot *s)
{
	return s->lives;
}

const struct life *snapshot_life(const struct snapshot *s, int life)
{
	return &s->tables[life].life;
}

static int table_add(struct table *t, const struct nolist_source *src, const void *record)
{
	struct place *place = array_add(&t->places, sizeof(*place), 1);
	void *to = array_add(&t->records, t->size, 1);
	struct pack_key key;

	if (!place || !to)
		return -ENOMEM;
	key = pack_key(src);
	*place = (struct place){ key.high, key.low, t->records.used - 1 };
	memcpy(to, record, t->size);
	return 0;
}

int snapshot_add(struct snapshot *s, int life, const struct nolist_source *src,
		 const struct nolist_claims *claims, const struct nolist_proofs *proofs)
{
	struct tables *t = &s->tables[life];
	struct pack_hour hour[NOLIST_HOURS], *to;
	struct pack_claims c;
	struct proofs p;
	int error = 0;

	if (claims) {
		c = pack_claims(claims);
		error = table_add(&t->claims, src, &c);
	}
	if (proofs && !error) {
		p.p = pack_proofs(proofs, hour, &p.hours);
		p.hour = t->hours.used;
		to = array_add(&t->hours, sizeof(*to), p.hours);
		if (!to)
			return -ENOMEM;
		memcpy(to, hour, p.hours * sizeof(*to));
		error = table_add(&t->proofs, src, &p);
	}
	return error;
}

/* --- sorting ----------------------------------------------------------------- */

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return (x->low > y->low) - (x->low < y->low);
}

static int table_sort(struct table *t)
{
	struct place *place = t->places.at;
	size_t i, n = t->places.used;
	char *sorted;

	if (!n)
		return 0;
	qsort(place, n, sizeof(*place), compare_places);
	sorted = reallocarray(NULL, n, t->size);
	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		memcpy(sorted + i * t->size, (char *)t->records.at + place[i].at * t->size,
		       t->size);
		place[i].at = i;
	}
	free(t->records.at);
	t->records = (struct array){ sorted, n, n };
	return 0;
}

static int hours_sort(struct tables *t)
{
	struct proofs *p = t->proofs.records.at;
	struct array sorted = {};
	struct pack_hour *to;
	size_t i;

	if (!t->hours.used)
		return 0;
	if (!array_add(&sorted, sizeof(*to), t->hours.used))
		return -ENOMEM;
	sorted.used = 0;
	for (i = 0; i < t->proofs.records.used; i++) {
		to = array_add(&sorted, sizeof(*to), p[i].hours);
		memcpy(to, (struct pack_hour *)t->hours.at + p[i].hour, p[i].hours * sizeof(*to));
		p[i].hour = sorted.used - p[i].hours;
	}
	free(t->hours.at);
	t->hours = sorted;
	return 0;
}

void snapshot_set_lru(struct snapshot *s, int life)
{
	s->tables[life].stats.is_lru = true;
}

static int compare_times(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * How many records a table that makes room by itself has let go: of those that
 * were idle for long, but not exactly of the longest idle, so that no more is said
 * than that half of the others had been idle for less.
 */
static int count_evicted(struct tables *t)
{
	const struct proofs *p = t->proofs.records.at;
	size_t i, n = t->proofs.records.used;
	struct losses *l = &t->stats.losses;
	uint32_t *last;

	if (!t->stats.is_lru || t->stats.proofs_new <= n)
		return 0;
	l->evicted = t->stats.proofs_new - n;
	l->evicted_s = t->stats.now_s;
	if (!n)
		return 0;
	last = reallocarray(NULL, n, sizeof(*last));
	if (!last)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		last[i] = p[i].p.data.last > p[i].p.talk.last ? p[i].p.data.last : p[i].p.talk.last;
	qsort(last, n, sizeof(*last), compare_times);
	l->evicted_s = last[n / 2];
	free(last);
	return 0;
}

static void see_real(struct tables *t)
{
	const struct pack_claims *c = t->claims.records.at;
	const struct proofs *p = t->proofs.records.at;
	const struct place *place = t->claims.places.at;
	size_t i;

	for (i = 0; i < t->claims.places.used; i++) {
		uint32_t *real_s = &t->stats.real_s[!!place[i].high];

		if (c[i].role[PACK_REAL].last > *real_s)
			*real_s = c[i].role[PACK_REAL].last;
	}
	place = t->proofs.places.at;
	for (i = 0; i < t->proofs.places.used; i++) {
		uint32_t *real_s = &t->stats.real_s[!!place[i].high];

		if (p[i].p.data.last > *real_s)
			*real_s = p[i].p.data.last;
	}
}

int snapshot_sort(struct snapshot *s)
{
	int i, error = 0;

	for (i = 0; i < s->lives && !error; i++) {
		error = table_sort(&s->tables[i].claims);
		if (!error)
			error = table_sort(&s->tables[i].proofs);
		if (!error)
			error = hours_sort(&s->tables[i]);
		if (!error)
			see_real(&s->tables[i]);
		if (!error)
			error = count_evicted(&s->tables[i]);
	}
	return error;
}

/* --- what concerns all sources ----------------------------------------------- */

const struct snapshot_stats *snapshot_stats(const struct snapshot *s, int life)
{
	return &s->tables[life].stats;
}

void snapshot_set_stats(struct snapshot *s, int life, const struct nolist_stats *stats,
			uint64_t begin_ns, uint64_t now_ns, bool is_away)
{
	struct snapshot_stats *to = &s->tables[life].stats;

	to->begin_s = pack_second(begin_ns);
	to->now_s = pack_second(now_ns);
	to->is_away = is_away;
	to->proofs_new = stats->proofs_new;
	to->losses = (struct losses){
		.to_s = to->now_s,
		.away_s = is_away ? to->now_s : 0,
		.proofs_lost = stats->proofs_lost,
		.proofs_lost_s = pack_second(stats->proofs_lost_ns),
		.claims_lost = stats->claims_lost,
		.claims_shed = { stats->claims_shed[NOLIST_LOW], stats->claims_shed[NOLIST_REAL],
				 stats->claims_shed[NOLIST_HIGH] },
	};
	memcpy(to->bad_acks, stats->bad_acks, sizeof(to->bad_acks));
}

/* --- from the kernel --------------------------------------------------------- */

struct reading {
	struct snapshot *s;
	int life;
};

static int on_record(const struct nolist_source *src, const struct nolist_claims *claims,
		     const struct nolist_proofs *proofs, void *arg)
{
	struct reading *r = arg;

	return snapshot_add(r->s, r->life, src, claims, proofs);
}

/* Before the records are read: what is lost later belongs to the next interval. */
static int read_stats(struct snapshot *s, int life, const struct kern *k, int set)
{
	struct nolist_meta meta = {};
	struct nolist_stats stats;
	const struct kern_if *ifs;
	int i, n = kern_ifs(k, &ifs), error = kern_set_stats(k, set, &stats);
	uint64_t now = kern_now_ns();

	if (error)
		return error;
	kern_meta(k, set, &meta);
	for (i = 0; i < n && ifs[i].set != set; i++)
		;
	snapshot_set_stats(s, life, &stats, meta.magic == NOLIST_MAGIC ? meta.created_ns : 0, now,
			   i == n);
	return 0;
}

static int read_set(struct snapshot *s, const struct kern *k, int set)
{
	/* Rounded down: what just happened must not lie in the future. */
	long long offset = kern_clock_offset();
	struct reading r = { .s = s };
	struct kern_tables tables;
	struct life life = {};
	bool is_lru;
	int error;

	error = kern_tables(k, set, &tables);
	if (!error)
		error = kern_boot_id(life.boot);
	if (error)
		return error;
	is_lru = tables.is_lru;
	life.tables = tables.id;
	life.generation = tables.generation;
	life.wall_s = offset / NS - (offset % NS < 0);
	r.life = snapshot_add_life(s, &life);
	error = r.life < 0 ? r.life : read_stats(s, r.life, k, set);
	if (!error && is_lru)
		snapshot_set_lru(s, r.life);
	return error ? error : kern_set_each(k, set, on_record, &r);
}

int snapshot_read(struct snapshot **sp, const struct kern *k)
{
	int i, error = snapshot_new(sp);

	for (i = 0; i < kern_sets(k) && !error; i++)
		error = read_set(*sp, k, i);
	if (!error)
		error = snapshot_sort(*sp);
	if (error) {
		snapshot_free(*sp);
		*sp = NULL;
	}
	return error;
}

/* --- walking ----------------------------------------------------------------- */

static size_t table_find(const struct table *t, const struct pack_key *key)
{
	const struct place *place = t->places.at;
	size_t from = 0, to = t->places.used;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		struct pack_key is = key_of(&place[mid]);

		if (pack_compare(&is, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

void snapshot_start(const struct snapshot *s, int life, const struct pack_key *key,
		    struct snapshot_walk *w)
{
	*w = (struct snapshot_walk){ .s = s, .life = life };
	if (key) {
		w->claims = table_find(&s->tables[life].claims, key);
		w->proofs = table_find(&s->tables[life].proofs, key);
	}
}

static bool key_at(const struct table *t, size_t at, struct pack_key *key)
{
	if (at >= t->places.used)
		return false;
	*key = key_of((const struct place *)t->places.at + at);
	return true;
}

static void take_proofs(const struct tables *t, size_t at, struct snapshot_item *item)
{
	const struct proofs *p = (const struct proofs *)t->proofs.records.at + at;

	item->proofs = &p->p;
	item->hour = (const struct pack_hour *)t->hours.at + p->hour;
	item->hours = p->hours;
}

bool snapshot_next(struct snapshot_walk *w, struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];
	struct pack_key c, p;
	bool has_p = key_at(&t->proofs, w->proofs, &p), has_c;

	*item = (struct snapshot_item){};
	if (w->is_proven && !has_p)
		return false;
	while ((has_c = key_at(&t->claims, w->claims, &c)) && w->is_proven &&
	       pack_compare(&c, &p) < 0)
		w->claims++;
	if (!has_c && !has_p)
		return false;
	item->key = !has_p || (has_c && pack_compare(&c, &p) < 0) ? c : p;
	if (has_c && !pack_compare(&c, &item->key))
		item->claims = (const struct pack_claims *)t->claims.records.at + w->claims++;
	if (has_p && !pack_compare(&p, &item->key))
		take_proofs(t, w->proofs++, item);
	return true;
}
