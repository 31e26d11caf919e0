// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sources that were there last are found by what the store notes of them, and that must come to
 * the same as a walk over all. Made-up sources come and go in tables and store, for weeks: with
 * floods within a second, collects, evictions, reboots and reloads, clocks that are set, prunes by age
 * and by size, sources that are forgotten, imports, and a store of a version that noted nothing. Where
 * the notes do not tell, that must be said.
 */
#include <errno.h>
#include <stdlib.h>

#include "selftests/lib/scratch.h"
#include "user/base/failure.h"

#define SOURCES 5000
#define ROUNDS 150
#define MOST (STORE_NEWEST - 1)

static uint32_t state = 1;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* --- the world ----------------------------------------------------------------- */

static struct nolist_contacts contacts[SOURCES];
static struct nolist_verified talk[SOURCES];
static struct epoch epoch; /* the tables now */
static uint32_t now_s = 100, boots = 1;

static struct pack_key key_of(unsigned int i)
{
	if (i % 3)
		return (struct pack_key){ .low = 0x0b000000 + i * 7919 };
	return (struct pack_key){ .high = 0x2a00000000000000 + (uint64_t)i * 7919 };
}

static void see(unsigned int i)
{
	struct nolist_contact *c = i % 2 ? &contacts[i].low : &contacts[i].high;
	uint64_t now = now_s * NS;

	/* A full table may have evicted the contacts of a dialogue. */
	if (i % 5 || draw(2)) {
		if (!c->first_ns)
			c->first_ns = now;
		c->last_ns = now;
		c->opens++;
	}
	if (i % 5)
		return;
	if (!talk[i].high_first_ns)
		talk[i].high_first_ns = now;
	talk[i].high_last_ns = now;
	talk[i].hours = 1;
}

/* Most come within the same seconds; some come again. */
static void come(void)
{
	unsigned int k, from = draw(SOURCES), n = draw(3) ? draw(200) : draw(3000);

	for (k = 0; k < n; k++) {
		see(draw(2) ? draw(SOURCES) : (from + k) % SOURCES);
		now_s += !draw(40);
	}
	now_s += draw(3000);
}

static void gone(unsigned int i)
{
	memset(&contacts[i], 0, sizeof(*contacts));
	memset(&talk[i], 0, sizeof(*talk));
}

static void evict(void)
{
	unsigned int i, of = 1 + draw(4);

	for (i = 0; i < SOURCES; i++)
		if (!draw(of))
			gone(i);
}

static void new_tables(void)
{
	char boot[16];
	unsigned int i;

	for (i = 0; i < SOURCES; i++)
		gone(i);
	if (draw(2)) {
		snprintf(boot, sizeof(boot), "boot%u", ++boots);
		epoch = scratch_epoch(boot, 1);
		epoch.wall_s = WALL + boots * DAY_S + now_s;
		now_s = 10;
		return;
	}
	epoch.tables++;
	epoch.generation++;
}

static struct snapshot *tables(void)
{
	struct nolist_stats stats = {};
	struct snapshot *t;
	unsigned int i;

	if (snapshot_new(&t) || snapshot_add_epoch(t, &epoch))
		tap_die("snapshot");
	snapshot_set_stats(t, 0, &stats, NS, now_s * NS);
	for (i = 0; i < SOURCES; i++) {
		struct pack_key key = key_of(i);
		struct nolist_source src = pack_source(&key);

		if (contacts[i].low.first_ns || contacts[i].high.first_ns || talk[i].high_first_ns)
			if (snapshot_add(t, 0, &src, &contacts[i],
					 talk[i].high_first_ns ? &talk[i] : NULL))
				tap_die("snapshot_add");
	}
	if (snapshot_sort(t))
		tap_die("snapshot_sort");
	return t;
}

/* --- what is done to the store --------------------------------------------------- */

/* As collect does: all that the tables have, then a prune. */
static void collect(bool is_by_age, uint64_t bytes_max)
{
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	struct store *s = scratch_open(STORE_WRITE);
	struct snapshot *t = tables();
	struct snapshot_item item;
	struct snapshot_walk w;
	int64_t before;
	int error;

	store_begin(s);
	row.epoch = store_epoch(s, &epoch);
	snapshot_start(t, 0, NULL, &w);
	while (snapshot_next(&w, &item)) {
		bool is_new = false;

		row.key = item.key;
		if (store_get(s, &row) < 0)
			tap_die("store_get");
		if (item.contacts)
			is_new = stored_add_contacts(&row.stored, item.contacts, epoch.wall_s);
		if (item.verified)
			is_new |= stored_add_verified(&row.stored, item.verified, item.hour, item.hours);
		if (is_new && store_put(s, &row))
			tap_die("store_put");
	}
	error = store_prune(s, epoch.wall_s + now_s, is_by_age || store_has_newest(s) != 1, bytes_max,
			    &before);
	if (error || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
	snapshot_free(t);
}

static void forget_some(void)
{
	struct store *s = scratch_open(STORE_WRITE);
	unsigned int i, of = 1 + draw(20);

	store_forget_begin(s);
	for (i = 0; i < SOURCES; i++) {
		struct pack_key key = key_of(i);

		if (draw(of))
			continue;
		gone(i);
		if (store_forget(s, &key) < 0)
			tap_die("store_forget");
	}
	if (store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static void import(void)
{
	struct epoch imported = { .boot = EPOCH_IMPORTED };
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	struct store *s = scratch_open(STORE_WRITE);
	unsigned int k;

	store_begin(s);
	row.epoch = store_epoch(s, &imported);
	for (k = draw(600); k; k--) {
		row.key = key_of(draw(SOURCES));
		if (store_get(s, &row) < 0)
			tap_die("store_get");
		stored_import(&row.stored, IMPORT_DATA, epoch.wall_s + draw(now_s + 1));
		if (store_put(s, &row))
			tap_die("store_put");
	}
	if (store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static void pardon(void)
{
	struct prefix p = { .addr = evidence_source("11.0.0.1").addr, .len = 128 };
	struct store *s = scratch_open(STORE_NOTE);

	if (store_begin(s) || store_pardon(s, &p, WALL, WALL + 1000) || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

/* --- both ways ------------------------------------------------------------------- */

static struct evidence_newest walked[SOURCES + 1], found[STORE_NEWEST + 1];

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int compare(const void *a, const void *b)
{
	const struct evidence_newest *x = a, *y = b;

	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return pack_compare(&x->key, &y->key);
}

static size_t walk(struct evidence *e)
{
	struct record r;
	size_t n = 0;

	if (evidence_start(e, EVIDENCE_ALL))
		tap_die("evidence_start");
	while (evidence_next(e, &r) > 0)
		walked[n++] = (struct evidence_newest){
			pack_key(&r.src), later(later(r.low.when.last, r.high.when.last),
						later(r.talk.last, r.data.last)) };
	qsort(walked, n, sizeof(*walked), compare);
	return n;
}

static struct {
	int certain, asked, bad, many, few;
} sum;

static void compare_with_walk(void)
{
	static const size_t some[] = { 1, 20, 300, MOST };
	struct evidence *e;
	size_t i, k, n;

	if (evidence_new(&e, tables(), scratch_open(STORE_READ)))
		tap_die("evidence_new");
	n = walk(e);
	for (i = 0; i < sizeof(some) / sizeof(*some); i++) {
		int error = evidence_newest(e, found, some[i]);

		if (error && error != -EAGAIN)
			tap_die(failure_last()->what);
		sum.asked += some[i] <= n;
		if (error)
			continue;
		sum.certain++;
		sum.many += some[i] == MOST;
		if (some[i] > n) {
			sum.bad++;
			continue;
		}
		for (k = 0; k < some[i]; k++)
			if (compare(&found[k], &walked[k]))
				break;
		sum.bad += k < some[i];
	}
	evidence_free(e);
}

static void live(void)
{
	switch (draw(14)) {
	case 0:
		new_tables();
		break;
	case 1:
		evict();
		break;
	case 2:
		forget_some();
		break;
	case 3:
		import();
		break;
	case 4:
		now_s += draw(3) ? 3 * DAY_S : 36 * DAY_S;
		collect(true, 1ull << 30);
		break;
	case 5:
		collect(false, 1 << 17);
		break;
	case 6:
		epoch.wall_s += (int64_t)draw(20000) - 10000;
		break;
	case 7:
		pardon();
		break;
	default:
		come();
		if (draw(3))
			collect(false, 1ull << 30);
	}
}

int main(void)
{
	struct evidence *e;
	struct store *s;
	int i;

	scratch_begin();
	scratch_fresh("newest");
	epoch = scratch_epoch("boot1", 1);
	s = scratch_open(STORE_WRITE);
	tap_ok(!store_begin(s) && store_epoch(s, &epoch) > 0 && !store_commit(s) && store_has_newest(s) == 1,
	       "of a new epoch they are noted from the first");
	store_close(s);
	collect(false, 1ull << 30);
	for (i = 0; i < ROUNDS; i++) {
		live();
		if (i == ROUNDS / 2) {
			/* As the version before has left it. */
			scratch_sql("DELETE FROM newest; DELETE FROM newest_end");
			evidence_new(&e, tables(), scratch_open(STORE_READ));
			tap_ok(evidence_newest(e, found, 1) == -EAGAIN, "what an older version has not noted, a walk must tell");
			evidence_free(e);
			collect(false, 1ull << 30);
		}
		compare_with_walk();
	}
	tap_ok(!sum.bad, "of %d answers %d differ from a walk", sum.certain, sum.bad);
	tap_ok(sum.certain > sum.asked / 2 && sum.many > ROUNDS / 4,
	       "and no walk is needed for %d of %d, %d of them of %d sources", sum.certain, sum.asked, sum.many,
	       MOST);
	return scratch_end();
}
