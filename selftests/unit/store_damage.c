// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store with any content is answered within a second: as damaged, where this tool cannot
 * have written it. Each column of each table takes each absurd value in turn. A store that
 * crashes collect, or keeps it busy for ever, ends all lists.
 */
#include <errno.h>
#include <sqlite3.h>

#include "selftests/lib/scratch.h"
#include "user/base/failure.h"
#include "user/judge/verdict.h"

#define NOW (WALL + 50000)

/* One row in each table, in a time that was. */
static void fill(void)
{
	struct nolist_real real = { .hour = 1, .opens = 5, .data = 5 };
	struct store_list list = { .time = WALL, .since = WALL, .entries = 1 };
	struct prefix p = { .addr = evidence_source("192.0.2.7").addr, .len = 128 };
	struct gap gap = { .from_s = 1, .to_s = 10, .verified_lost = 1, .verified_lost_s = 5 };
	struct nolist_source src = evidence_source("192.0.2.2");
	struct store_lift lift = { pack_key(&src), WALL };
	struct epoch l = scratch_epoch("boot", 1);
	struct store *s = scratch_open(STORE_WRITE);
	int id, error;

	error = store_begin(s);
	id = store_epoch(s, &l);
	scratch_put_contacts(s, id, "192.0.2.1", 10);
	scratch_put_verified(s, id, "192.0.2.2", 20);
	error |= store_add_gaps(s, id, &gap) | store_add_bad_acks(s, id, 1, 7) |
		 store_add_real(s, id, 0, &real) | store_add_change(s, id, 1, 77) |
		 store_pardon(s, &p, WALL, WALL + 1000) | store_lift(s, &lift) |
		 store_set_level(s, "judged.offender", 7) | store_set_list(s, "/tmp/list", &list, 1);
	if (error || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static int on_list(const char *path, const struct store_list *l, void *arg)
{
	(void)path;
	(void)l;
	(void)arg;
	return 0;
}

static int on_pardon(const struct store_pardon *p, void *arg)
{
	(void)p;
	(void)arg;
	return 0;
}

static int on_lift(const struct store_lift *l, void *arg)
{
	(void)l;
	(void)arg;
	return 0;
}

static int on_level(const char *name, uint64_t count, void *arg)
{
	(void)name;
	(void)count;
	(void)arg;
	return 0;
}

static int judge_site(struct evidence *e)
{
	struct rules rules;
	struct site site = {};
	int f, error;

	rules_init(&rules);
	for (f = 0; f < 2; f++)
		site.family[f].hours = evidence_real(e, f, &site.family[f].hour);
	site.changes = evidence_changes(e, &site.change);
	error = site_ready(&site, &rules, NOW);
	site_free(&site);
	return error;
}

/* Everything that commands read: 0 or the first error. */
static int read_all(void)
{
	struct store *s = NULL;
	struct evidence_newest newest;
	struct evidence *e;
	struct record r;
	int error = store_open(&s, scratch_dir, STORE_READ), ret;

	if (!error)
		error = store_each_list(s, NOW, on_list, NULL);
	if (!error)
		error = store_each_pardon(s, on_pardon, NULL);
	if (!error)
		error = store_each_lift(s, on_lift, NULL);
	if (!error)
		error = store_each_level(s, on_level, NULL);
	if (error) {
		store_close(s);
		return error;
	}
	error = evidence_new(&e, NULL, s);
	if (error)
		return error;
	error = evidence_newest(e, &newest, 1);
	if (!error || error == -EAGAIN)
		error = evidence_start(e, EVIDENCE_ALL);
	while (!error && (ret = evidence_next(e, &r)))
		error = ret < 0 ? ret : 0;
	if (!error)
		error = judge_site(e);
	evidence_free(e);
	return error;
}

/* And what collect does besides. */
static int prune_by(bool is_by_age)
{
	struct store *s;
	int64_t before;
	int error = store_open(&s, scratch_dir, STORE_WRITE);

	if (error)
		return error;
	error = store_begin(s);
	if (!error)
		error = store_prune(s, NOW, is_by_age, 1 << 20, &before);
	store_close(s);
	return error;
}

static int prune(void)
{
	return prune_by(true);
}

static int prune_now(void)
{
	return prune_by(false);
}

static bool is_answer(int error)
{
	return !error || error == -EBADMSG;
}

static char *good; /* the bytes of a store as it should be */
static size_t good_size;

static void keep_good(void)
{
	FILE *f = fopen(scratch_file, "r");

	good = malloc(1 << 20);
	if (!f || !good)
		tap_die(scratch_file);
	good_size = fread(good, 1, 1 << 20, f);
	fclose(f);
}

/* More than are noted: to read them must not go beyond their place. */
static void test_newest(void)
{
	struct store_newest newest[STORE_NEWEST], end;
	struct store *s;
	int error;
	size_t n;

	scratch_fresh("newest");
	fill();
	scratch_sql("WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)"
		    " INSERT INTO newest SELECT 1, substr(CAST(printf('%012d', n) AS BLOB), 1, 12), n FROM i");
	s = scratch_open(STORE_READ);
	error = store_newest(s, 1, newest, &n, &end);
	store_close(s);
	tap_ok(error == -EBADMSG && !n, "more of the newest sources than are noted are damage");
}

static void put_good(void)
{
	FILE *f = fopen(scratch_file, "w");

	if (!f || fwrite(good, 1, good_size, f) != good_size || fclose(f))
		tap_die(scratch_file);
}

static const char *const absurd[] = { "-1", "0", "4294967296", "-1000000000000000",
				      "9223372036854775807", "-9223372036854775808", "1e300",
				      "'text'", "x'00'", "zeroblob(16)", "zeroblob(100000)", "''" };

/* How many of the answers were none, and *damaged, that it is damaged. */
static int try_column(const char *table, const char *column, int *damaged)
{
	char sql[1024], *message = NULL;
	size_t i;
	int bad = 0, error;

	for (i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
		sqlite3 *db;

		put_good();
		snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s", table, column, absurd[i]);
		if (sqlite3_open(scratch_file, &db))
			tap_die(sql);
		sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
		error = sqlite3_exec(db, sql, NULL, NULL, &message);
		sqlite3_free(message);
		sqlite3_close(db);
		if (error) /* of two rows the second would be the same */
			continue;
		alarm(5);
		error = read_all();
		*damaged += error == -EBADMSG;
		if (is_answer(error) && strlen(absurd[i]) > 15)
			error = prune();
		alarm(0);
		if (is_answer(error))
			continue;
		bad++;
		tap_diag("%s: %d, %s", sql, error, failure_last()->what);
	}
	return bad;
}

#define COLUMNS 24

/* The names of a table's columns: how many. */
static size_t columns_of(const char *table, char name[COLUMNS][32])
{
	sqlite3_stmt *q;
	char sql[128];
	sqlite3 *db;
	size_t n = 0;

	snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s')", table);
	if (sqlite3_open(scratch_file, &db) || sqlite3_prepare_v2(db, sql, -1, &q, NULL))
		tap_die(sql);
	while (n < COLUMNS && sqlite3_step(q) == SQLITE_ROW)
		snprintf(name[n++], 32, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

static void test_columns(void)
{
	static const char *const tables[] = { "epoch",	   "source",    "gap",  "bad_acks", "pardon",
					      "real_hour", "mx_change", "list", "growth", "lift", "level" };
	char column[COLUMNS][32];
	size_t i, k, n;

	scratch_fresh("columns");
	fill();
	keep_good();
	tap_ok(!read_all() && !prune(), "a store as it should be is read");
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		int bad = 0, damaged = 0;

		put_good();
		n = columns_of(tables[i], column);
		for (k = 0; k < n; k++)
			bad += try_column(tables[i], column[k], &damaged);
		tap_ok(n && !bad && damaged, "%s: each absurd value gets an answer, %d times 'damaged'",
		       tables[i], damaged);
	}
	free(good);
}

static const struct {
	const char *sql, *what;
} damages[] = {
	{ "PRAGMA user_version = -1", "a version before the first" },
	{ "PRAGMA user_version = -1000000", "long before" },
	{ "UPDATE epoch SET wall_s = -1000000000000000", "a clock of long ago" },
	{ "UPDATE epoch SET wall_s = 9223372036854775807", "or of the end of time" },
	{ "UPDATE epoch SET boot = 'a boot id that is far too long for a boot id'", "a boot that is none" },
	{ "UPDATE epoch SET seen_s = 'soon'", "words in a number's place" },
	{ "UPDATE real_hour SET family = 7", "a family that is none" },
	{ "UPDATE pardon SET len = 129", "a prefix that is too long" },
	{ "UPDATE list SET time = -9223372036854775808", "a list before all time" },
	{ "UPDATE source SET epoch = 0", "a source of no epoch" },
	{ "DROP TABLE gap", "a table that is missing" },
	{ "ALTER TABLE epoch DROP COLUMN end_s", "a column that is missing" },
	{ "ALTER TABLE gap RENAME TO g; CREATE VIEW gap AS SELECT * FROM g", "a view in a table's place" },
};

static void test_damages(void)
{
	size_t i;

	for (i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		scratch_fresh(damages[i].what);
		fill();
		scratch_sql(damages[i].sql);
		alarm(5);
		tap_ok(read_all() == -EBADMSG && strstr(failure_last()->what, "damaged"), "%s is damage: %s",
		       damages[i].what, failure_last()->what);
		alarm(0);
	}
	scratch_fresh("amount");
	fill();
	scratch_sql("INSERT OR REPLACE INTO amount VALUES (0, 'many')");
	tap_ok(!prune(), "a count that is none is counted again, once a day");
	scratch_sql("UPDATE amount SET rows = 9223372036854775807");
	tap_ok(!prune(), "and so is one that is too large");
	scratch_sql("UPDATE amount SET rows = -1");
	tap_ok(prune_now() == -EBADMSG, "at other times it is damage");
	scratch_fresh("negative");
	fill();
	scratch_sql("PRAGMA user_version = -1000000");
	tap_ok(scratch_error(STORE_WRITE) == -EBADMSG && scratch_error(STORE_NOTE) == -EBADMSG,
	       "and none of it is written over");
}

/* What a schema of somebody else's would do. */
static void test_schema(void)
{
	struct epoch moved = scratch_epoch("boot", 1);
	struct store *s;
	int id;

	scratch_fresh("trigger");
	fill();
	scratch_sql("CREATE TABLE t (n); CREATE TRIGGER tr AFTER UPDATE ON epoch BEGIN"
		    " INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
		    " SELECT n FROM r; END");
	alarm(5);
	s = scratch_open(STORE_WRITE);
	moved.wall_s++;
	store_begin(s);
	id = store_epoch(s, &moved);
	tap_ok(id > 0 && !store_commit(s), "triggers of others do not run");
	store_close(s);
	alarm(0);
}

int main(void)
{
	scratch_begin();
	test_columns();
	test_damages();
	test_schema();
	test_newest();
	return scratch_end();
}
