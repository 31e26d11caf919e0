// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each life two tables, claims and proofs: keys, which are sorted, and the
 * squeezed records, put into the same order afterwards, so that walks do not jump.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"
#include "squeeze.h"
#include "thread.h"

#define CLAIMS_WORDS (sizeof(struct pack_claims) / 4)
#define PROOFS_WORDS (sizeof(struct pack_proofs) / 4)
#define HOUR_WORDS (sizeof(struct pack_hour) / 4)

#define PROOFS_MAX (SQUEEZE_MAX(PROOFS_WORDS) + NOLIST_HOURS * SQUEEZE_MAX(HOUR_WORDS))
_Static_assert(PROOFS_MAX < 256, "has one byte for its size");

/* A key, and where its record is. */
struct place {
	uint64_t high; /* the key, without what would pad it */
	uint32_t low;
	uint32_t at; /* in table.bytes */
};

static struct pack_key key_of(const struct place *p)
{
	return (struct pack_key){ p->high, p->low };
}

struct table {
	struct place *place;
	size_t places, places_room;
	unsigned char *bytes; /* for each record how many there are, then these */
	size_t used, room;
	uint32_t real_s[2]; /* when it saw anyone at the real MX, by family */
	int error;          /* of sorting */
};

struct tables {
	struct life life;
	struct table claims;
	struct table proofs; /* after each record its hours */
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
		struct tables *t = &s->tables[i];

		free(t->claims.place);
		free(t->claims.bytes);
		free(t->proofs.place);
		free(t->proofs.bytes);
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

/* Makes room for one more record of so many bytes. */
static int table_grow(struct table *t, size_t size)
{
	size_t room = t->places_room ? t->places_room : 64;
	void *grown;

	if (t->places == t->places_room) {
		room += room / 2;
		grown = reallocarray(t->place, room, sizeof(*t->place));
		if (!grown)
			return -ENOMEM;
		t->place = grown;
		t->places_room = room;
	}
	if (t->used + size <= t->room)
		return 0;
	room = t->room + t->room / 2 + size;
	/* A place has 32 bits. */
	grown = room > UINT32_MAX ? NULL : realloc(t->bytes, room);
	if (!grown)
		return -ENOMEM;
	t->bytes = grown;
	t->room = room;
	return 0;
}

static int table_add(struct table *t, const struct nolist_source *src, const unsigned char *record,
		     size_t size)
{
	struct pack_key key = pack_key(src);

	if (table_grow(t, 1 + size))
		return -ENOMEM;
	t->place[t->places++] = (struct place){ key.high, key.low, t->used };
	t->bytes[t->used++] = size;
	memcpy(t->bytes + t->used, record, size);
	t->used += size;
	return 0;
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

	see_real(t->claims.real_s, !!pack_key(src).high, c.role[PACK_REAL].last);
	return table_add(&t->claims, src, record, squeeze(record, &c, CLAIMS_WORDS));
}

static int add_proofs(struct tables *t, const struct nolist_source *src,
		      const struct nolist_proofs *proofs)
{
	unsigned char record[PROOFS_MAX];
	struct pack_hour hour[NOLIST_HOURS];
	unsigned int i, hours;
	struct pack_proofs p = pack_proofs(proofs, hour, &hours);
	size_t size = squeeze(record, &p, PROOFS_WORDS);

	for (i = 0; i < hours; i++)
		size += squeeze(record + size, &hour[i], HOUR_WORDS);
	see_real(t->proofs.real_s, !!pack_key(src).high, p.data.last);
	return table_add(&t->proofs, src, record, size);
}

int snapshot_add(struct snapshot *s, int life, const struct nolist_source *src,
		 const struct nolist_claims *claims, const struct nolist_proofs *proofs)
{
	struct tables *t = &s->tables[life];
	int error = claims ? add_claims(t, src, claims) : 0;

	return !error && proofs ? add_proofs(t, src, proofs) : error;
}

/* --- sorting ----------------------------------------------------------------- */

/* The digits of a key, the least one first. */
#define DIGIT_BITS 16
#define DIGITS 6

static unsigned int digit(const struct place *p, int i)
{
	return (i < 2 ? p->low >> DIGIT_BITS * i : p->high >> DIGIT_BITS * (i - 2)) &
	       ((1u << DIGIT_BITS) - 1);
}

/* By one digit, keeping the order of those that have the same; false: all have. */
static bool sort_digit(const struct place *from, struct place *to, size_t n, int i, uint32_t *count)
{
	uint32_t before = 0, here;
	size_t k;

	memset(count, 0, sizeof(*count) << DIGIT_BITS);
	for (k = 0; k < n; k++)
		count[digit(&from[k], i)]++;
	if (count[digit(&from[0], i)] == n)
		return false;
	for (k = 0; k < 1u << DIGIT_BITS; k++) {
		here = count[k];
		count[k] = before;
		before += here;
	}
	for (k = 0; k < n; k++)
		to[count[digit(&from[k], i)]++] = from[k];
	return true;
}

/* A radix sort: a million keys would need twenty million comparisons. */
static int sort_places(struct table *t)
{
	uint32_t *count = malloc(sizeof(*count) << DIGIT_BITS);
	struct place *other = reallocarray(NULL, t->places, sizeof(*other)), *was;
	int i, error = count && other ? 0 : -ENOMEM;

	for (i = 0; i < DIGITS && !error; i++) {
		if (!sort_digit(t->place, other, t->places, i, count))
			continue;
		was = t->place;
		t->place = other;
		other = was;
	}
	t->places_room = t->places;
	free(other);
	free(count);
	return error;
}

#define AHEAD 16 /* records: the processor waits for memory otherwise */

static int sort_records(struct table *t)
{
	unsigned char *sorted = malloc(t->used);
	size_t i, size, used = 0;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < t->places; i++) {
		if (i + AHEAD < t->places)
			__builtin_prefetch(t->bytes + t->place[i + AHEAD].at);
		size = 1 + t->bytes[t->place[i].at];
		memcpy(sorted + used, t->bytes + t->place[i].at, size);
		t->place[i].at = used;
		used += size;
	}
	free(t->bytes);
	t->bytes = sorted;
	t->room = used;
	return 0;
}

static void *table_sort(void *arg)
{
	struct table *t = arg;

	t->error = t->places ? sort_places(t) : 0;
	if (!t->error && t->places)
		t->error = sort_records(t);
	return NULL;
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
static int count_evicted(struct snapshot *s, int life)
{
	struct tables *t = &s->tables[life];
	struct losses *l = &t->stats.losses;
	struct snapshot_item item;
	struct snapshot_walk w;
	size_t n = 0;
	uint32_t *last;

	if (!t->stats.is_lru || t->stats.proofs_new <= t->proofs.places)
		return 0;
	l->evicted = t->stats.proofs_new - t->proofs.places;
	l->evicted_s = t->stats.now_s;
	if (!t->proofs.places)
		return 0;
	last = reallocarray(NULL, t->proofs.places, sizeof(*last));
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
		struct tables *t = &s->tables[i];

		thread_both(table_sort, &t->claims, &t->proofs);
		error = t->claims.error ? t->claims.error : t->proofs.error;
		if (!error)
			error = count_evicted(s, i);
		sum_up_real(t);
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

static size_t table_find(const struct table *t, const struct pack_key *key)
{
	size_t from = 0, to = t->places;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		struct pack_key is = key_of(&t->place[mid]);

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
	if (at >= t->places)
		return false;
	*key = key_of(&t->place[at]);
	return true;
}

/* The bytes of a record. */
static const unsigned char *record_at(const struct table *t, size_t at, size_t *size)
{
	const unsigned char *bytes = t->bytes + t->place[at].at;

	*size = *bytes;
	return bytes + 1;
}

static void take_claims(const struct table *t, size_t at, struct snapshot_item *item)
{
	size_t size;
	const unsigned char *bytes = record_at(t, at, &size);

	expand(&item->room.claims, CLAIMS_WORDS, bytes, size);
	item->claims = &item->room.claims;
}

static void take_proofs(const struct table *t, size_t at, struct snapshot_item *item)
{
	size_t size, part;
	const unsigned char *bytes = record_at(t, at, &size);

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
	return *record_at(t, at, &size) & 1;
}

static void take(struct snapshot_walk *w, bool has_claims, bool has_proofs,
		 struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];

	item->claims = NULL;
	item->proofs = NULL;
	item->hours = 0;
	if (has_claims)
		take_claims(&t->claims, w->claims++, item);
	if (has_proofs)
		take_proofs(&t->proofs, w->proofs++, item);
}

bool snapshot_next_proven(const struct snapshot_walk *w, struct pack_key *key)
{
	return key_at(&w->s->tables[w->life].proofs, w->proofs, key);
}

/* True: what is at the place now is of that source. */
static bool step_to(const struct table *t, size_t *at, const struct pack_key *key)
{
	struct pack_key is;
	int order = 1;

	while (key_at(t, *at, &is) && (order = pack_compare(&is, key)) < 0)
		++*at;
	return *at < t->places && !order;
}

bool snapshot_step_to(struct snapshot_walk *w, const struct pack_key *key,
		      struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];
	bool has_claims = step_to(&t->claims, &w->claims, key);
	bool has_proofs = step_to(&t->proofs, &w->proofs, key);

	item->key = *key;
	take(w, has_claims, has_proofs, item);
	return has_claims || has_proofs;
}

bool snapshot_next(struct snapshot_walk *w, struct snapshot_item *item)
{
	const struct tables *t = &w->s->tables[w->life];
	struct pack_key c, p;
	bool has_p, has_c;

	while (w->has_data && w->proofs < t->proofs.places && !has_data(&t->proofs, w->proofs))
		w->proofs++;
	has_p = key_at(&t->proofs, w->proofs, &p);
	if (w->is_proven)
		return has_p && snapshot_step_to(w, &p, item);
	has_c = key_at(&t->claims, w->claims, &c);
	if (!has_c && !has_p)
		return false;
	item->key = !has_p || (has_c && pack_compare(&c, &p) < 0) ? c : p;
	take(w, has_c && !pack_compare(&c, &item->key), has_p && !pack_compare(&p, &item->key), item);
	return true;
}
