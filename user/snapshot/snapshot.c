// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each life two tables (sorted.h), claims and proofs, of squeezed records.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/snapshot/snapshot.h"
#include "user/record/sparse.h"
#include "user/snapshot/sorted.h"

#define CLAIMS_WORDS (sizeof(struct pack_claims) / 4)
#define PROOFS_WORDS (sizeof(struct pack_proofs) / 4)
#define HOUR_WORDS (sizeof(struct pack_hour) / 4)

#define PROOFS_MAX (SQUEEZE_MAX(PROOFS_WORDS) + NOLIST_HOURS * SQUEEZE_MAX(HOUR_WORDS))
_Static_assert(PROOFS_MAX <= TABLE_RECORD_MAX, "fits");

/* Each of the two has a thread that fills and sorts it. */
struct half {
	struct table table;
	uint32_t real_s[2]; /* when it saw anyone at the real MX, by family */
	bool is_sorted;
};

struct tables {
	struct life life;
	struct half claims;
	struct half proofs; /* after each record its hours */
	struct snapshot_stats stats;
};

struct snapshot {
	struct tables *tables;
	int lives;
};

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
		table_free(&s->tables[i].claims.table);
		table_free(&s->tables[i].proofs.table);
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
	s->tables[s->lives] = (struct tables){ .life = *life };
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

static void see_real(uint32_t real_s[2], int family, uint32_t at)
{
	if (at > real_s[family])
		real_s[family] = at;
}

static int add_claims(struct tables *t, const struct nolist_source *src,
		      const struct nolist_claims *claims)
{
	unsigned char record[SQUEEZE_MAX(CLAIMS_WORDS)];
	struct pack_claims c = pack_claims(claims);
	struct pack_key key = pack_key(src);

	see_real(t->claims.real_s, !!key.high, c.role[PACK_REAL].last);
	return table_add(&t->claims.table, &key, record, squeeze(record, &c, CLAIMS_WORDS));
}

static int add_proofs(struct tables *t, const struct nolist_source *src,
		      const struct nolist_proofs *proofs)
{
	unsigned char record[PROOFS_MAX];
	struct pack_hour hour[NOLIST_HOURS];
	unsigned int i, hours;
	struct pack_proofs p = pack_proofs(proofs, hour, &hours);
	struct pack_key key = pack_key(src);
	size_t size = squeeze(record, &p, PROOFS_WORDS);

	for (i = 0; i < hours; i++)
		size += squeeze(record + size, &hour[i], HOUR_WORDS);
	see_real(t->proofs.real_s, !!key.high, p.data.last);
	return table_add(&t->proofs.table, &key, record, size);
}

int snapshot_add(struct snapshot *s, int life, const struct nolist_source *src,
		 const struct nolist_claims *claims, const struct nolist_proofs *proofs)
{
	struct tables *t = &s->tables[life];
	int error = claims ? add_claims(t, src, claims) : 0;

	return !error && proofs ? add_proofs(t, src, proofs) : error;
}

/* --- sorting ----------------------------------------------------------------- */

static int sort(struct half *h)
{
	int error = h->is_sorted ? 0 : table_sort(&h->table);

	h->is_sorted = !error;
	return error;
}

int snapshot_sort_claims(struct snapshot *s, int life)
{
	return sort(&s->tables[life].claims);
}

int snapshot_sort_proofs(struct snapshot *s, int life)
{
	return sort(&s->tables[life].proofs);
}

void snapshot_set_lru(struct snapshot *s, int life)
{
	s->tables[life].stats.is_lru = true;
}

void snapshot_set_over(struct snapshot *s, int life)
{
	s->tables[life].stats.is_over = true;
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
static int count_evicted(struct snapshot *s, int life)
{
	struct tables *t = &s->tables[life];
	size_t proofs = t->proofs.table.places;
	struct losses *l = &t->stats.losses;
	struct snapshot_item item;
	struct snapshot_walk w;
	size_t n = 0;
	uint32_t *last;

	if (!t->stats.is_lru || t->stats.proofs_new <= proofs)
		return 0;
	l->evicted = t->stats.proofs_new - proofs;
	l->evicted_s = t->stats.now_s;
	if (!proofs)
		return 0;
	last = reallocarray(NULL, proofs, sizeof(*last));
	if (!last)
		return -ENOMEM;
	snapshot_start(s, life, NULL, &w);
	for (w.is_proven = true; snapshot_next(&w, &item); n++)
		last[n] = item.proofs->data.last > item.proofs->talk.last ? item.proofs->data.last :
									    item.proofs->talk.last;
	qsort(last, n, sizeof(*last), compare_times);
	l->evicted_s = last[n / 2];
	free(last);
	return 0;
}

static void sum_up_real(struct tables *t)
{
	int f;

	for (f = 0; f < 2; f++) {
		t->stats.data_s[f] = t->stats.real_s[f] = t->proofs.real_s[f];
		see_real(t->stats.real_s, f, t->claims.real_s[f]);
	}
}

int snapshot_sort(struct snapshot *s)
{
	int i, error = 0;

	for (i = 0; i < s->lives && !error; i++) {
		error = snapshot_sort_claims(s, i);
		if (!error)
			error = snapshot_sort_proofs(s, i);
		if (!error)
			error = count_evicted(s, i);
		sum_up_real(&s->tables[i]);
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
	memcpy(to->real, stats->real, sizeof(to->real));
}

void snapshot_set_changes(struct snapshot *s, int life,
			  const struct nolist_change change[NOLIST_CHANGES])
{
	struct snapshot_stats *to = &s->tables[life].stats;

	memcpy(to->change, change, sizeof(to->change));
}

/* --- walking ----------------------------------------------------------------- */

void snapshot_start(const struct snapshot *s, int life, const struct pack_key *key,
		    struct snapshot_walk *w)
{
	*w = (struct snapshot_walk){ .s = s, .life = life };
	if (key) {
		w->claims = table_find(&s->tables[life].claims.table, key);
		w->proofs = table_find(&s->tables[life].proofs.table, key);
	}
}

static void take_claims(const struct table *t, size_t at, struct snapshot_item *item)
{
	size_t size;
	const unsigned char *bytes = table_record(t, at, &size);

	expand(&item->room.claims, CLAIMS_WORDS, bytes, size);
	item->claims = &item->room.claims;
}

static void take_proofs(const struct table *t, size_t at, struct snapshot_item *item)
{
	size_t size, part;
	const unsigned char *bytes = table_record(t, at, &size);

	part = expand(&item->room.proofs, PROOFS_WORDS, bytes, size);
	while (bytes += part, size -= part)
		part = expand(&item->room.hour[item->hours++], HOUR_WORDS, bytes, size);
	item->proofs = &item->room.proofs;
	item->hour = item->room.hour;
}

/* Told from the mask of the squeezed record alone, as most have none. */
static bool has_data(const struct table *t, size_t at)
{
	size_t size;

	_Static_assert(!offsetof(struct pack_proofs, data.first), "is the mask's first bit");
	return table_record(t, at, &size)[1] & 1;
}

static void take(struct snapshot_walk *w, bool has_claims, bool has_proofs,
		 struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];

	item->claims = NULL;
	item->proofs = NULL;
	item->hours = 0;
	if (has_claims)
		take_claims(&t->claims.table, w->claims++, item);
	if (has_proofs)
		take_proofs(&t->proofs.table, w->proofs++, item);
}

bool snapshot_next_proven(const struct snapshot_walk *w, struct pack_key *key)
{
	return table_key(&w->s->tables[w->life].proofs.table, w->proofs, key);
}

bool snapshot_step_to(struct snapshot_walk *w, const struct pack_key *key,
		      struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];
	bool has_claims = table_step_to(&t->claims.table, &w->claims, key);
	bool has_proofs = table_step_to(&t->proofs.table, &w->proofs, key);

	item->key = *key;
	take(w, has_claims, has_proofs, item);
	return has_claims || has_proofs;
}

bool snapshot_next(struct snapshot_walk *w, struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];
	struct pack_key c, p;
	bool has_p, has_c;

	while (w->has_data && w->proofs < t->proofs.table.places && !has_data(&t->proofs.table, w->proofs))
		w->proofs++;
	has_p = table_key(&t->proofs.table, w->proofs, &p);
	if (w->is_proven)
		return has_p && snapshot_step_to(w, &p, item);
	has_c = table_key(&t->claims.table, w->claims, &c);
	if (!has_c && !has_p)
		return false;
	item->key = !has_p || (has_c && pack_compare(&c, &p) < 0) ? c : p;
	take(w, has_c && !pack_compare(&c, &item->key), has_p && !pack_compare(&p, &item->key), item);
	return true;
}
