// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of the real MX by hours, and of changes of MX addresses: the same
 * whether the tables tell it, the store or both, however often they were read. An
 * hour that is counted twice looks healthier, and a change that is forgotten judges
 * good senders that still use the old addresses.
 */
#include <sqlite3.h>
#include <sys/wait.h>

#include "selftests/lib/evidence.h"
#include "user/base/failure.h"


static char top[] = "/tmp/nolist-real.XXXXXX";

static struct store *must_open(enum store_mode mode)
{
	struct store *s;

	if (store_open(&s, top, mode))
		tap_die(failure_last()->what);
	return s;
}

static struct epoch epoch_in(const char *boot, int64_t wall_s)
{
	struct epoch l = { .tables = 1, .generation = 7, .wall_s = wall_s };

	snprintf(l.boot, sizeof(l.boot), "%s", boot);
	return l;
}

static struct evidence *evidence_of(struct snapshot *t)
{
	struct evidence *e;

	if (evidence_new(&e, t, must_open(STORE_READ)))
		tap_die("evidence_new");
	return e;
}

/* Tables that say so of their third hour, and of the addresses at a time. */
static struct snapshot *tables(const struct epoch *l, uint32_t opens, uint32_t data, uint64_t mx)
{
	struct nolist_stats stats = {};
	struct nolist_change change[NOLIST_CHANGES] = { { mx, 100 * NS } };
	struct snapshot *t;

	stats.real[0][3] = (struct nolist_real){ 3, opens, data };
	stats.real[1][3] = (struct nolist_real){ 3, 1, 1 };
	if (snapshot_new(&t) || snapshot_add_epoch(t, l))
		tap_die("snapshot");
	snapshot_set_stats(t, 0, &stats, NS, 9000 * NS);
	snapshot_set_changes(t, 0, change);
	if (snapshot_sort(t))
		tap_die("snapshot_sort");
	return t;
}

static void keep(const struct epoch *l, uint32_t hour, uint32_t opens, uint32_t data)
{
	struct nolist_real real = { hour, opens, data };
	struct store *s = must_open(STORE_WRITE);
	int error = store_begin(s);

	error |= store_add_real(s, store_epoch(s, l), 0, &real);
	if (error || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static void keep_change(const struct epoch *l, uint32_t at_s, uint64_t mx)
{
	struct store *s = must_open(STORE_WRITE);
	int error = store_begin(s);

	error |= store_add_change(s, store_epoch(s, l), at_s, mx);
	if (error || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

/* As collectors of before have left it. */
static void migrate(void)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/%s", top, STORE_FILE);
	if (sqlite3_open(path, &db) ||
	    sqlite3_exec(db, tap_slurp("selftests/lib/store-1.sql"), NULL, NULL, NULL) ||
	    sqlite3_exec(db, "INSERT INTO life VALUES (1, 'old', 1, 7, 1000, 5, 6, 7, 8)", NULL,
			 NULL, NULL))
		tap_die(sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void test_migration(void)
{
	const struct store_epoch *l;
	struct store *s = NULL;

	migrate();
	tap_ok(store_open(&s, top, STORE_READ) == -EPROTO && strstr(failure_last()->hint, "collect"),
	       "a store of the first version is not read");
	s = must_open(STORE_WRITE);
	tap_ok(store_epochs(s, &l) == 1 && l->real_s[1] == 8 && !l->data_s[0] && !l->data_s[1],
	       "a writer brings it up to date, and keeps what was in it");
	store_close(s);
}

static void test_hours(void)
{
	struct epoch one = epoch_in("one", WALL), two = epoch_in("two", WALL + 7200);
	const struct real_hour *h;
	struct evidence *e;

	keep(&one, 3, 5, 4);
	keep(&one, 3, 5, 4);
	keep(&one, 3, 4, 2);
	keep(&one, 2, 9, 9);
	e = evidence_of(NULL);
	tap_ok(evidence_real(e, 0, &h) == 2 && h[0].start == WALL + 3600 && h[0].opens == 9 &&
		       h[1].start == WALL + 7200 && h[1].opens == 5 && h[1].data == 4,
	       "what was kept twice counts once, and the larger number stays");
	evidence_free(e);
	e = evidence_of(tables(&one, 7, 3, 1));
	tap_ok(evidence_real(e, 0, &h) == 2 && h[1].opens == 7 && h[1].data == 4 &&
		       evidence_real(e, 1, &h) == 1 && h->opens == 1,
	       "tables are read over it, families apart");
	evidence_free(e);
	keep(&two, 1, 100, 50);
	e = evidence_of(tables(&one, 7, 3, 1));
	tap_ok(evidence_real(e, 0, &h) == 2 && h[1].opens == 107 && h[1].data == 54,
	       "the same hour of other tables is added");
	evidence_free(e);
	two.wall_s += 60;
	keep(&two, 1, 100, 50);
	e = evidence_of(NULL);
	tap_ok(evidence_real(e, 0, &h) == 3 && h[2].start == WALL + 7260,
	       "and moves with its clock when that is set");
	evidence_free(e);
}

static void test_changes(void)
{
	struct epoch one = epoch_in("one", WALL), two = epoch_in("two", WALL + 7200);
	const struct mx_change *c;
	struct evidence *e;

	keep_change(&one, 101, 11);
	keep_change(&one, 101, 11);
	e = evidence_of(tables(&one, 1, 1, 11));
	tap_ok(evidence_changes(e, &c) == 1 && c->at == WALL + 100 && c->mx == 11,
	       "a change that tables and store tell is one");
	evidence_free(e);
	keep_change(&two, 501, UINT64_MAX);
	e = evidence_of(NULL);
	tap_ok(evidence_changes(e, &c) == 2 && c[1].at == WALL + 7700 && c[1].mx == UINT64_MAX,
	       "changes come in the order of time, of whatever boot");
	evidence_free(e);
}

static void test_prune(void)
{
	struct epoch one = epoch_in("one", WALL);
	const struct mx_change *c;
	const struct real_hour *h;
	struct store *s;
	struct evidence *e;
	int64_t before;

	keep_change(&one, 20 * DAY_S, 12);
	keep_change(&one, 30 * DAY_S, 11);
	keep(&one, 20 * 24, 1, 1);
	s = must_open(STORE_WRITE);
	if (store_begin(s) || store_prune(s, WALL + 60ll * DAY_S, true, 1 << 24, &before) || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
	e = evidence_of(NULL);
	tap_ok(!evidence_real(e, 0, &h), "after 35 days the hours go");
	tap_ok(evidence_changes(e, &c) == 2 && c[0].mx == 12 && c[1].mx == 11,
	       "and the changes, but for the last one, which tells what was no change");
	evidence_free(e);
}

int main(void)
{
	if (!mkdtemp(top))
		tap_die("mkdtemp");
	test_migration();
	test_hours();
	test_changes();
	test_prune();
	if (fork() == 0)
		execlp("rm", "rm", "-rf", top, NULL);
	wait(NULL);
	return tap_done();
}
