// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence of tables and store together: the same whether it comes from the tables, the
 * store or both, also over a reboot; and what is dropped when the store is full.
 */
#include "selftests/lib/scratch.h"
#include "user/evidence/collect.h"
#include "user/base/failure.h"

static struct nolist_verified talked(uint64_t at_s, uint32_t bad_acks)
{
	struct nolist_verified p = { .high_first_ns = at_s * NS,
				     .high_last_ns = at_s * NS,
				     .hours = 1,
				     .bad_acks = bad_acks };
	uint32_t hour = at_s / HOUR_S + 1;

	p.hour[hour % NOLIST_HOURS] = (struct nolist_hour){ .hour = hour, .n[NOLIST_EVENT_TEMPFAILED] = 1 };
	return p;
}

/* Tables as they are at a time, with one source, in both tables. */
static struct snapshot *tables(const struct epoch *l, uint64_t at_s, uint32_t count)
{
	struct nolist_contacts c = { .low = { 100 * NS, at_s * NS, count } };
	struct nolist_verified p = talked(at_s, count);
	struct nolist_stats stats = {};
	struct snapshot *t;

	if (snapshot_new(&t) || snapshot_add_epoch(t, l))
		tap_die("snapshot");
	evidence_add(t, 0, "192.0.2.1", &c, &p);
	snapshot_set_stats(t, 0, &stats, NS, at_s * NS);
	if (snapshot_sort(t))
		tap_die("snapshot_sort");
	return t;
}

/* What collect does. */
static void store_tables(const struct snapshot *t)
{
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	const struct epoch *l = snapshot_epoch(t, 0);
	struct store *s = scratch_open(STORE_WRITE);
	const struct store_epoch *epochs;
	struct snapshot_item item;
	struct store_epoch epoch;
	struct snapshot_walk w;

	store_begin(s);
	row.epoch = store_epoch(s, l);
	snapshot_start(t, 0, NULL, &w);
	while (snapshot_next(&w, &item)) {
		row.key = item.key;
		store_get(s, &row);
		if (item.contacts)
			stored_add_contacts(&row.stored, item.contacts, l->wall_s);
		stored_add_verified(&row.stored, item.verified, item.hour, item.hours);
		store_put(s, &row);
	}
	store_epochs(s, &epochs);
	epoch = epochs[row.epoch - 1];
	epoch.begin_s = snapshot_stats(t, 0)->begin_s;
	epoch.seen_s = snapshot_stats(t, 0)->now_s;
	store_set_epoch(s, &epoch);
	if (collect_gaps(s, row.epoch, snapshot_stats(t, 0)) || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static struct evidence *evidence_of(struct snapshot *t)
{
	struct evidence *e;

	if (evidence_new(&e, t, scratch_open(STORE_READ)))
		tap_die("evidence_new");
	return e;
}

static struct record record_in(struct evidence *e, const char *text)
{
	struct nolist_source src = evidence_source(text);
	struct record r;

	if (evidence_find(e, &src, &r) < 0)
		tap_die("evidence_find");
	return r;
}

static void test_one_epoch(void)
{
	struct epoch l = scratch_epoch("one", 1);
	struct snapshot *t;
	struct evidence *e;
	struct record r;

	scratch_fresh("epoch");
	t = tables(&l, 1000, 3);
	store_tables(t);
	store_tables(t);
	snapshot_free(t);
	e = evidence_of(tables(&l, 9000, 5));
	r = record_in(e, "192.0.2.1");
	tap_ok(r.low.opens == 5 && r.low.when.last == WALL + 9000,
	       "tables that were collected are read over the store, not added to it");
	/* A new hour in the same record: the injected one forgot the first, the store did not. */
	tap_ok(r.hours == 2 && r.hour[0].n[NOLIST_EVENT_TEMPFAILED] == 1 &&
		       r.hour[1].n[NOLIST_EVENT_TEMPFAILED] == 1,
	       "hours that the tables have dropped are still known");
	evidence_start(e, EVIDENCE_VERIFIED);
	tap_ok(evidence_next(e, &r) == 1 && !evidence_next(e, &r), "a walk meets it once");
	evidence_free(e);
	e = evidence_of(NULL);
	r = record_in(e, "192.0.2.1");
	tap_ok(r.low.opens == 3 && r.hours == 1, "without tables there is what was stored");
	evidence_free(e);
	l.wall_s += 500;
	e = evidence_of(tables(&l, 1000, 3));
	r = record_in(e, "192.0.2.1");
	tap_ok(r.low.when.first == WALL + 600 && r.hours == 1 && r.hour[0].start == WALL + 500,
	       "when the wall clock is set, all that this boot has stamped moves with it");
	evidence_free(e);
}

static void test_reboot(void)
{
	struct epoch l = scratch_epoch("one", 1), m = scratch_epoch("two", 1);
	const struct span *lost;
	struct snapshot *t;
	struct evidence *e;
	struct record r;

	scratch_fresh("reboot");
	t = tables(&l, 4000, 3); /* in the second hour: from 3600 to 7199 */
	store_tables(t);
	snapshot_free(t);
	m.wall_s = WALL + 5000;
	e = evidence_of(tables(&m, 600, 2)); /* 5600 by the first one's clock */
	r = record_in(e, "192.0.2.1");
	tap_ok(r.low.opens == 5, "counts of two boots add up");
	tap_ok(r.hours == 1 && r.hour[0].n[NOLIST_EVENT_TEMPFAILED] == 2 && r.talk_hours == 1,
	       "an hour in which the machine was restarted is one hour");
	tap_ok(evidence_gaps(e, &lost) == 1 && lost[0].first == WALL + 4000 &&
		       lost[0].last == WALL + 5001,
	       "what happened from the last collect to the new tables is lost");
	evidence_free(e);
	m.tables = 2;
	m.wall_s = WALL + 20000;
	t = tables(&m, 600, 2);
	store_tables(t);
	snapshot_free(t);
	e = evidence_of(NULL);
	r = record_in(e, "192.0.2.1");
	tap_ok(r.hours == 2, "two hours are two");
	tap_ok(evidence_gaps(e, &lost) == 2 && lost[1].last == INT64_MAX,
	       "where there are no tables, all is lost from the last collect on");
	evidence_free(e);
}

/* Noted in the tables: stored once, however often it is collected, and told from then on. */
static void test_detached(void)
{
	struct epoch l = scratch_epoch("one", 1);
	const struct span *lost;
	struct snapshot *t;
	struct evidence *e;
	int i, at[] = { 1000, 2000, 4000, 4300 };

	scratch_fresh("detached");
	for (i = 0; i < 4; i++) {
		t = tables(&l, at[i], 3);
		if (i == 1) /* it has come back */
			snapshot_add_detached(t, 0, 1200 * NS, 1500 * NS);
		if (i >= 2) /* and is detached, for the third time */
			snapshot_add_detached(t, 0, 2500 * NS, 2600 * NS);
		if (i >= 2)
			snapshot_add_detached(t, 0, 3500 * NS, 0);
		if (i == 3) {
			e = evidence_of(t);
			tap_ok(evidence_gaps(e, &lost) == 4 && lost[3].first == WALL + 3500 &&
				       lost[3].last == WALL + 4300,
			       "what is not stored yet counts");
			evidence_free(e);
			break;
		}
		store_tables(t);
		store_tables(t);
		snapshot_free(t);
		e = evidence_of(NULL);
		/* The last one: without tables, all after the last collect is lost. */
		tap_ok(evidence_gaps(e, &lost) == (size_t[]){ 1, 2, 4 }[i],
		       "stored once: %d times", (int[]){ 0, 1, 3 }[i]);
		if (i == 1)
			tap_ok(lost[0].first == WALL + 1200 && lost[0].last == WALL + 1500 &&
				       evidence_gap_why(e, 0) == GAP_DETACHED &&
				       evidence_gap_why(e, 1) == GAP_GONE,
			       "from when to when, and why");
		evidence_free(e);
	}
}

#define FLOOD 4000 /* forged sources in five minutes */
#define DUES 40    /* collects */

/*
 * Hours of a flood, with a collect each five minutes. The store must not grow with it, nor lose what
 * came lately, nor anything that is verified.
 */
static void test_flood(void)
{
	const uint64_t bytes_max = 1 << 22; /* 16,384 unverified sources */
	struct epoch l = scratch_epoch("one", 1);
	struct store_row row = { .key = { 0, 0x0a000000 } };
	int64_t before, kept = 0;
	size_t most = 0, now;
	struct store *s;
	int i, k, x, bad = 0;
	char text[32];

	scratch_fresh("flood");
	s = scratch_open(STORE_WRITE);
	for (i = 1; i <= DUES; i++) {
		store_begin(s);
		x = store_epoch(s, &l);
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		scratch_put_verified(s, x, text, i * 300);
		for (k = 0; k < FLOOD; k++, row.key.low++) {
			struct pack_contacts c = { .role = { { i * 300 + k % 300, i * 300 + k % 300 } },
						   .opens = { 1 } };

			row.epoch = x;
			row.grade = STORE_GRADES;
			row.stored = (struct stored){};
			stored_add_contacts(&row.stored, &c, WALL);
			bad += store_put(s, &row) != 0;
		}
		bad += store_prune(s, WALL + i * 300 + 300, false, bytes_max, &before) || store_commit(s);
		now = store_count(s, STORE_UNVERIFIED);
		most = now > most ? now : most;
		if (before)
			kept = WALL + i * 300 + 300 - before;
	}
	tap_ok(!bad && most <= bytes_max / STORE_UNVERIFIED_SHARE / STORE_UNVERIFIED_BYTES && most > 8192,
	       "a flood of %d sources: %zu are stored at most", DUES * FLOOD, most);
	tap_ok(kept >= 600 && kept < 1800, "what came in the last %d s is kept", (int)kept);
	tap_ok(store_count(s, STORE_VERIFIED) == DUES, "no verified source is");
	store_close(s);
}

static void test_prune(void)
{
	struct epoch l = scratch_epoch("one", 1);
	int64_t day = 86400, now = WALL + 40 * day, before, rows;
	struct store *s;
	int i, x;

	scratch_fresh("prune");
	s = scratch_open(STORE_WRITE);
	store_begin(s);
	x = store_epoch(s, &l);
	scratch_put_contacts(s, x, "192.0.2.1", 4 * day);
	scratch_put_contacts(s, x, "192.0.2.2", 6 * day);
	scratch_put_verified(s, x, "192.0.2.3", 4 * day);
	scratch_put_verified(s, x, "192.0.2.4", 6 * day);
	tap_ok(!store_prune(s, now, false, 1 << 19, &before) && store_count(s, STORE_UNVERIFIED) == 2,
	       "there is space: none is dropped");
	tap_ok(!store_prune(s, now, true, 1 << 19, &before) && store_count(s, STORE_UNVERIFIED) == 1 &&
		       store_count(s, STORE_VERIFIED) == 1,
	       "a source not seen for 35 days goes");
	for (i = 0; i < 10000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.18.%d.%d", i / 256, i % 256);
		scratch_put_contacts(s, x, text, 10 * day + i * 60);
	}
	scratch_put_contacts(s, x, "192.0.2.2", 7 * day);
	scratch_put_contacts(s, x, "192.0.2.2", 8 * day);
	/* 8,192 unverified sources in a quarter of 2 MiB; all of it together is smaller than that. */
	tap_ok(!store_prune(s, now, false, 1 << 21, &before) && before > WALL + 10 * day,
	       "unverified sources are too many");
	i = store_count(s, STORE_UNVERIFIED);
	tap_ok(i > 4900 && i < 5100, "the older half of those that came once goes: %d are left", i);
	tap_ok(store_count(s, STORE_VERIFIED) == 1, "a verified source stays");
	scratch_put_contacts(s, x, "192.0.2.2", 9 * day);
	tap_ok(store_count(s, STORE_UNVERIFIED) == (size_t)i, "and one that came more than once");
	scratch_put_verified(s, x, "198.18.39.1", 11 * day);
	tap_ok(!store_commit(s) && !store_unverified(s, &rows) && rows == i - 1 &&
		       store_count(s, STORE_UNVERIFIED) == (size_t)rows,
	       "all that in one commit, and their number is known: %d", (int)rows);
	store_close(s);
}

int main(void)
{
	scratch_begin();
	test_one_epoch();
	test_reboot();
	test_detached();
	test_prune();
	test_flood();
	return scratch_end();
}
