// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store: what was committed is there and nothing else, a file that is not ours
 * or damaged is refused, and evidence is the same whether it comes from the tables,
 * the store or both. An alibi that gets lost here lists a good sender.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "selftests/lib/evidence.h"
#include "user/base/failure.h"

static char top[] = "/tmp/nolist-store.XXXXXX";
static char dir[64], file[128];

static struct store *must_open(enum store_mode mode)
{
	struct store *s;

	if (store_open(&s, dir, mode))
		tap_die(failure_last()->what);
	return s;
}

/* Each group of tests begins with nothing. */
static void fresh(const char *name)
{
	snprintf(dir, sizeof(dir), "%s/%s", top, name);
	snprintf(file, sizeof(file), "%s/%s", dir, STORE_FILE);
}

static void by_sql(const char *sql)
{
	sqlite3 *db;

	if (sqlite3_open(file, &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
		tap_die(sql);
	sqlite3_close(db);
}

static struct epoch epoch_in(const char *boot, uint32_t table)
{
	struct epoch l = { .tables = table, .generation = 7, .wall_s = WALL };

	snprintf(l.boot, sizeof(l.boot), "%s", boot);
	return l;
}

/* --- the file ---------------------------------------------------------------- */

static void test_modes(void)
{
	struct store *s;
	struct stat st;

	fresh("a/b");
	tap_ok(store_open(&s, dir, STORE_READ) == -ENOENT, "nothing is there to be read");
	tap_ok(stat(dir, &st), "and reading made nothing");
	store_close(must_open(STORE_WRITE));
	tap_ok(!stat(dir, &st) && (st.st_mode & 07777) == 0700, "writing makes a directory of its own");
	tap_ok(!stat(file, &st) && (st.st_mode & 07777) == 0600, "and a file");
	store_close(must_open(STORE_READ));
	chmod(dir, 0770);
	tap_ok(store_open(&s, dir, STORE_WRITE) == -EPERM && strstr(failure_last()->what, "cannot trust"),
	       "not in a directory that others can write");
	chmod(dir, 0700);
}

static int open_error(enum store_mode mode)
{
	struct store *s = NULL;
	int error = store_open(&s, dir, mode);

	if (!error)
		store_close(s);
	return error;
}

static void test_foreign(void)
{
	fresh("foreign");
	mkdir(dir, 0700);
	by_sql("CREATE TABLE somebodys (x)");
	tap_ok(open_error(STORE_READ) == -EPROTO && open_error(STORE_WRITE) == -EPROTO,
	       "somebody else's file is refused: %s", failure_last()->what);
	fresh("newer");
	store_close(must_open(STORE_WRITE));
	by_sql("PRAGMA user_version = 999");
	tap_ok(open_error(STORE_READ) == -EPROTO && open_error(STORE_WRITE) == -EPROTO,
	       "a newer version is refused: %s", failure_last()->what);
	fresh("empty");
	mkdir(dir, 0700);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	tap_ok(open_error(STORE_READ) == -ENOENT, "a file in which nothing was committed is none");
	tap_ok(!open_error(STORE_WRITE), "and can be written");
}

/* The first version, as it was released: records as long as in memory. */
#define FIRST_VERSION "selftests/lib/store-1.sql"

static const char first_rows[] =
	"INSERT INTO life VALUES (1, 'boot', 1, 7, 1800000000, 1, 9000, 8000, 0);"
	"INSERT INTO losses VALUES (NULL, 1, 1, 9000, 1, 50, 0, 0, 0, 0, 0, 0, 0, 0);"
	"INSERT INTO bad_acks VALUES (1, 2, 3);";

/* What one source has done, by a clock of 100 seconds an index. */
static void history(struct stored *k, unsigned int i)
{
	uint32_t at = 100 * (i + 1);
	struct pack_contacts c = { .role = { { at, at + 9 }, {}, { at, at } },
				   .opens = { i, 0, 1 } };
	struct pack_verified p = { .talk = { at, at + 9000 }, .talk_hours = 3, .bad_acks = i % 3 };
	struct pack_hour hour[3] = { { .hour = 1, .n[NOLIST_EVENT_TEMPFAILED] = 1,
				       .n[NOLIST_EVENT_STARTTLS] = i },
				     { .hour = 2, .n[NOLIST_EVENT_GREETED_WEAK] = i },
				     { .hour = 9, .n[NOLIST_EVENT_QUIT] = 1 } };

	k->hours = 0;
	memset(&k->contacts, 0, sizeof(k->contacts));
	memset(&k->verified, 0, sizeof(k->verified));
	stored_add_contacts(k, &c, WALL);
	if (i % 2)
		stored_add_verified(k, &p, hour, 3);
}

#define OLD_ROWS 1000

/* As they were in memory then. */
#define OLD_CONTACTS 68
#define OLD_VERIFIED 44
struct old_hour {
	uint32_t hour;
	uint16_t n[9];
	uint16_t seen;
};

static struct old_hour old_hour(const struct pack_hour *h)
{
	struct old_hour old = { .hour = h->hour, .seen = h->seen };

	memcpy(old.n, h->n, sizeof(old.n));
	return old;
}

/* A store of the first version. */
static void make_old(void)
{
	struct pack_hour hour[STORED_HOURS];
	struct stored k = { .hour = hour };
	struct old_hour old[8];
	unsigned char key[12] = {};
	sqlite3_stmt *q;
	unsigned int h;
	sqlite3 *db;
	int i;

	mkdir(dir, 0700);
	if (sqlite3_open(file, &db) ||
	    sqlite3_exec(db, tap_slurp(FIRST_VERSION), NULL, NULL, NULL) ||
	    sqlite3_exec(db, first_rows, NULL, NULL, NULL) ||
	    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO source VALUES (?, ?, 1, NULL, ?, ?, ?)", -1, &q,
			       NULL))
		tap_die("cannot make an old store");
	for (i = 0; i < OLD_ROWS; i++) {
		history(&k, i);
		key[10] = i >> 8;
		key[11] = i;
		sqlite3_bind_int(q, 1, k.hours > 0);
		sqlite3_bind_blob(q, 2, key, sizeof(key), SQLITE_STATIC);
		for (h = 0; h < k.hours; h++)
			old[h] = old_hour(&hour[h]);
		sqlite3_bind_blob(q, 3, &k.contacts, OLD_CONTACTS, SQLITE_STATIC);
		if (k.hours) {
			sqlite3_bind_blob(q, 4, &k.verified, OLD_VERIFIED, SQLITE_STATIC);
			sqlite3_bind_blob(q, 5, old, k.hours * sizeof(*old), SQLITE_STATIC);
		}
		sqlite3_step(q);
		sqlite3_reset(q);
		sqlite3_clear_bindings(q);
	}
	sqlite3_finalize(q);
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL))
		tap_die("cannot make an old store");
	sqlite3_close(db);
}

static bool is_whole(struct store *s, struct store_row *row, int i)
{
	struct pack_hour hour[STORED_HOURS];
	struct stored k = { .hour = hour };

	history(&k, i);
	return !memcmp(&row->stored.contacts, &k.contacts, sizeof(k.contacts)) &&
	       !memcmp(&row->stored.verified, &k.verified, sizeof(k.verified)) &&
	       row->stored.hours == k.hours &&
	       !memcmp(row->stored.hour, hour, k.hours * sizeof(*hour)) &&
	       store_count(s, STORE_VERIFIED) == OLD_ROWS / 2;
}

static void test_migration(void)
{
	struct pack_hour hour[STORED_HOURS];
	const struct store_epoch *epochs;
	struct gap l = {};
	struct store *s;
	int i, whole = 0;

	fresh("older");
	make_old();
	tap_ok(open_error(STORE_READ) == -EPROTO && strstr(failure_last()->hint, "collect"),
	       "an older version is not read: %s", failure_last()->what);
	s = must_open(STORE_WRITE);
	for (i = 0; i < OLD_ROWS; i++) {
		struct store_row row = { .key.low = i, .epoch = 1, .stored.hour = hour };

		whole += store_get(s, &row) == 1 && is_whole(s, &row, i);
	}
	tap_ok(whole == OLD_ROWS, "writing brings it up to date: all rows are what they were");
	tap_ok(store_epochs(s, &epochs) == 1 && epochs[0].seen_s == 9000 &&
		       epochs[0].real_s[0] == 8000 && !store_last_gaps(s, 1, &l) &&
		       l.verified_lost == 1,
	       "and what is known of the tables");
	store_close(s);
	tap_ok(!open_error(STORE_READ), "then it is read");
	fresh("older-damaged");
	make_old();
	by_sql("UPDATE source SET claims = x'00' WHERE source = x'000000000000000000000005'");
	tap_ok(open_error(STORE_WRITE) == -EBADMSG, "a damaged one is refused: %s", failure_last()->what);
	by_sql("UPDATE source SET claims = NULL WHERE claims = x'00'");
	tap_ok(!open_error(STORE_WRITE), "and nothing was done to it by halves");
}

/* What a newer tool has appended to records stays, though this one does not know it. */
static void test_newer(void)
{
	struct pack_contacts c = { .role = { { 10, 20 } }, .opens = { 3 } };
	struct pack_hour hour[STORED_HOURS], h = { .hour = 7, .n[NOLIST_EVENT_SLOTS - 1] = 4 };
	struct pack_verified p = { .talk = { 100, 200 }, .talk_hours = 1 };
	struct store_row row = { .stored.hour = hour };
	struct epoch l = epoch_in("boot", 1);
	struct store *s;
	int error;

	fresh("newer-records");
	s = must_open(STORE_WRITE);
	row.epoch = store_epoch(s, &l);
	error = store_get(s, &row);
	stored_add_contacts(&row.stored, &c, WALL);
	stored_add_verified(&row.stored, &p, &h, 1);
	row.stored.contacts.unknown[6] = 71;
	row.stored.verified.unknown[12] = 72;
	row.stored.hour[0].unknown[1] = 73;
	error |= store_put(s, &row);
	memset(hour, 0xff, sizeof(*hour));
	tap_ok(!error && store_get(s, &row) == 1 && row.stored.hours == 1,
	       "a record with words that are not known is read");
	c.opens[0] = 5;
	h.n[NOLIST_EVENT_SLOTS - 1] = 9;
	tap_ok(stored_add_contacts(&row.stored, &c, WALL) &&
		       stored_add_verified(&row.stored, &p, &h, 1),
	       "more of an event that has no name is news");
	error = store_put(s, &row);
	row.stored = (struct stored){ .hour = hour };
	tap_ok(!error && store_get(s, &row) == 1 && row.stored.contacts.unknown[6] == 71 &&
		       row.stored.verified.unknown[12] == 72 && hour[0].unknown[1] == 73,
	       "and they are there when it was written again");
	tap_ok(row.stored.contacts.now.opens[0] == 5 && hour[0].n[NOLIST_EVENT_SLOTS - 1] == 9,
	       "as is what is new");
	store_close(s);
	/* Thirty words, of which the first is 10 and the last 1. */
	by_sql("UPDATE source SET contacts = x'1e010000200a00000001000000'");
	s = must_open(STORE_WRITE);
	tap_ok(store_get(s, &row) == 1 && row.stored.contacts.now.role[0].first == 10,
	       "of a record that is longer than there is room for as much is read as fits");
	store_close(s);
	by_sql("UPDATE source SET contacts = x'01010a000000'");
	s = must_open(STORE_WRITE);
	tap_ok(store_get(s, &row) == 1 && row.stored.contacts.now.role[0].first == 10 &&
		       !row.stored.contacts.now.role[0].last && !row.stored.contacts.days[2],
	       "what a shorter one has not is zero");
	store_close(s);
}

/* 1000 sources in one commit. */
static void fill(void)
{
	struct epoch l = epoch_in("boot", 1);
	struct store *s = must_open(STORE_WRITE);
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	int i, error = store_begin(s);

	row.epoch = store_epoch(s, &l);
	for (i = 0; i < 1000; i++) {
		struct pack_contacts c = { .role = { { 1 + i, 2 + i } }, .opens = { 1 } };

		row.key.low = i;
		error |= store_get(s, &row);
		stored_add_contacts(&row.stored, &c, WALL);
		error |= store_put(s, &row);
	}
	if (error || store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static int walk(int *error)
{
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	struct store *s;
	int n = 0;

	*error = store_open(&s, dir, STORE_READ);
	if (*error)
		return 0;
	*error = store_start(s, STORE_UNVERIFIED, NULL);
	while (!*error && (*error = store_next(s, STORE_UNVERIFIED, &row)) > 0) {
		*error = 0;
		n++;
	}
	store_close(s);
	return n;
}

static void test_damage(void)
{
	static const char junk[4096] = "not a page";
	int fd, n, error;
	struct stat st;
	off_t at;

	fresh("damaged");
	fill();
	n = walk(&error);
	tap_ok(n == 1000 && !error, "what was written is read");
	fd = open(file, O_RDWR);
	fstat(fd, &st);
	for (at = 4096 * 3; at < st.st_size; at += 4096)
		if (pwrite(fd, junk, sizeof(junk), at) != sizeof(junk))
			tap_die("pwrite");
	walk(&error);
	tap_ok(error == -EBADMSG && strstr(failure_last()->what, "damaged"), "pages of junk: %s", failure_last()->what);
	if (ftruncate(fd, 4096 * 2))
		tap_die("ftruncate");
	walk(&error);
	tap_ok(error == -EBADMSG, "a file cut off: %s", failure_last()->what);
	if (pwrite(fd, junk, sizeof(junk), 0) != sizeof(junk))
		tap_die("pwrite");
	tap_ok(open_error(STORE_READ) == -EBADMSG && open_error(STORE_WRITE) == -EBADMSG,
	       "no database at all: %s", failure_last()->what);
	close(fd);
	fresh("short");
	fill();
	by_sql("UPDATE source SET contacts = x'00'");
	walk(&error);
	tap_ok(error == -EBADMSG, "a row that nobody wrote so: %s", failure_last()->what);
}

static void test_commit(void)
{
	struct epoch l = epoch_in("boot", 1);
	struct store *s;
	int n, error;

	fresh("commit");
	fill();
	s = must_open(STORE_WRITE);
	store_begin(s);
	l.tables = 2;
	tap_ok(store_epoch(s, &l) == 2, "another life");
	store_close(s);
	s = must_open(STORE_WRITE);
	store_begin(s);
	l.tables = 3;
	tap_ok(store_epoch(s, &l) == 2, "was not committed, and is forgotten");
	n = walk(&error);
	tap_ok(n == 1000 && !error, "a writer keeps no reader waiting");
	store_close(s);
}

/* Two collectors: the second one waits for the first. */
static void test_lock(void)
{
	int go[2], done[2], status = 1;
	struct store *s;
	char c = 0;

	fresh("lock");
	if (pipe(go) || pipe(done))
		tap_die("pipe");
	if (!fork()) {
		if (read(go[0], &c, 1) != 1 || store_open(&s, dir, STORE_WRITE))
			_exit(1);
		fcntl(done[0], F_SETFL, O_NONBLOCK);
		_exit(read(done[0], &c, 1) != 1);
	}
	s = must_open(STORE_WRITE);
	if (write(go[1], "g", 1) != 1)
		tap_die("write");
	usleep(100000); /* time for the other to come to the lock: too little cannot fail */
	if (write(done[1], "d", 1) != 1)
		tap_die("write");
	store_close(s);
	wait(&status);
	tap_ok(!status, "one writer waits for the other");
}

/* --- rows -------------------------------------------------------------------- */

static void put_verified(struct store *s, int epoch, const char *text, uint32_t at)
{
	struct pack_hour hour[STORED_HOURS], h = { .hour = 1, .n[NOLIST_EVENT_TEMPFAILED] = 1 };
	struct pack_verified p = { .talk = { at, at }, .talk_hours = 1 };
	struct nolist_source src = evidence_source(text);
	struct store_row row = { .key = pack_key(&src), .epoch = epoch, .stored.hour = hour };

	store_get(s, &row);
	stored_add_verified(&row.stored, &p, &h, 1);
	if (store_put(s, &row))
		tap_die(failure_last()->what);
}

static void put_contacts(struct store *s, int epoch, const char *text, uint32_t at)
{
	struct pack_contacts c = { .role = { { at, at } }, .opens = { 1 } };
	struct pack_hour hour[STORED_HOURS];
	struct nolist_source src = evidence_source(text);
	struct store_row row = { .key = pack_key(&src), .epoch = epoch, .stored.hour = hour };

	store_get(s, &row);
	stored_add_contacts(&row.stored, &c, WALL);
	if (store_put(s, &row))
		tap_die(failure_last()->what);
}

static void test_grades(void)
{
	struct epoch a = epoch_in("one", 1), b = epoch_in("two", 1);
	struct store *s;
	int x, y;

	fresh("grades");
	s = must_open(STORE_WRITE);
	store_begin(s);
	x = store_epoch(s, &a);
	y = store_epoch(s, &b);
	put_contacts(s, x, "192.0.2.1", 10);
	put_contacts(s, x, "192.0.2.2", 10);
	tap_ok(store_count(s, STORE_UNVERIFIED) == 2, "claims are kept apart");
	put_verified(s, y, "192.0.2.1", 20);
	tap_ok(store_count(s, STORE_UNVERIFIED) == 1 && store_count(s, STORE_VERIFIED) == 2,
	       "until a source proves something, then all of it moves, of any life");
	put_verified(s, x, "192.0.2.3", 20);
	put_contacts(s, y, "192.0.2.3", 30);
	tap_ok(store_count(s, STORE_UNVERIFIED) == 1 && store_count(s, STORE_VERIFIED) == 4,
	       "and what comes later goes there");
	store_commit(s);
	store_close(s);
}

static int count_gaps(int epoch, const struct gap *l, void *arg)
{
	(void)epoch;
	(void)l;
	++*(int *)arg;
	return 0;
}

static void test_gaps(void)
{
	struct gap l = { .from_s = 1, .to_s = 10 }, last;
	struct epoch a = epoch_in("one", 1);
	struct store *s;
	int x, n = 0;

	fresh("losses");
	s = must_open(STORE_WRITE);
	x = store_epoch(s, &a);
	tap_ok(store_last_gaps(s, x, &last) == -ENOENT, "no interval yet");
	store_add_gaps(s, x, &l);
	l = (struct gap){ .from_s = 10, .to_s = 20 };
	store_add_gaps(s, x, &l);
	l = (struct gap){ .from_s = 20, .to_s = 30, .verified_lost = 1, .verified_lost_s = 25 };
	store_add_gaps(s, x, &l);
	l.verified_lost = 2;
	l.from_s = l.to_s;
	store_add_gaps(s, x, &l);
	l.verified_lost = 3;
	tap_ok(!store_add_gaps(s, x, &l), "two losses in a second are two intervals");
	store_each_gaps(s, count_gaps, &n);
	store_last_gaps(s, x, &last);
	tap_ok(n == 4 && last.from_s == 30 && last.verified_lost == 3,
	       "an interval without a loss takes up the next, one with a loss stands alone");
	store_close(s);
}

/* --- evidence ---------------------------------------------------------------- */

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

/* Tables as they are at a time, with one talker and one claimant. */
static struct snapshot *tables(const struct epoch *l, uint64_t at_s, uint32_t count)
{
	struct nolist_contacts c = { .low = { 100 * NS, at_s * NS, count } };
	struct nolist_verified p = talked(at_s, count);
	struct nolist_stats stats = {};
	struct snapshot *t;

	if (snapshot_new(&t) || snapshot_add_epoch(t, l))
		tap_die("snapshot");
	evidence_add(t, 0, "192.0.2.1", &c, &p);
	snapshot_set_stats(t, 0, &stats, NS, at_s * NS, false);
	if (snapshot_sort(t))
		tap_die("snapshot_sort");
	return t;
}

/* What collect does. */
static void collect(const struct snapshot *t)
{
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	const struct epoch *l = snapshot_epoch(t, 0);
	struct store *s = must_open(STORE_WRITE);
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
	if (store_commit(s))
		tap_die(failure_last()->what);
	store_close(s);
}

static struct evidence *evidence_of(struct snapshot *t)
{
	struct evidence *e;

	if (evidence_new(&e, t, must_open(STORE_READ)))
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
	struct epoch l = epoch_in("one", 1);
	struct snapshot *t;
	struct evidence *e;
	struct record r;

	fresh("life");
	t = tables(&l, 1000, 3);
	collect(t);
	collect(t);
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
	struct epoch l = epoch_in("one", 1), m = epoch_in("two", 1);
	const struct span *lost;
	struct snapshot *t;
	struct evidence *e;
	struct record r;

	fresh("reboot");
	t = tables(&l, 4000, 3); /* in the second hour: from 3600 to 7199 */
	collect(t);
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
	collect(t);
	snapshot_free(t);
	e = evidence_of(NULL);
	r = record_in(e, "192.0.2.1");
	tap_ok(r.hours == 2, "two hours are two");
	tap_ok(evidence_gaps(e, &lost) == 2 && lost[1].last == INT64_MAX,
	       "where there are no tables, all is lost from the last collect on");
	evidence_free(e);
}

static void test_prune(void)
{
	struct epoch l = epoch_in("one", 1);
	int64_t day = 86400, now = WALL + 40 * day;
	struct store *s;
	int i, x;

	fresh("prune");
	s = must_open(STORE_WRITE);
	store_begin(s);
	x = store_epoch(s, &l);
	put_contacts(s, x, "192.0.2.1", 4 * day);
	put_contacts(s, x, "192.0.2.2", 6 * day);
	put_verified(s, x, "192.0.2.3", 4 * day);
	put_verified(s, x, "192.0.2.4", 6 * day);
	tap_ok(!store_prune(s, now, false, 1 << 19) && store_count(s, STORE_UNVERIFIED) == 2,
	       "there is room: nobody goes");
	tap_ok(!store_prune(s, now, true, 1 << 19) && store_count(s, STORE_UNVERIFIED) == 1 &&
		       store_count(s, STORE_VERIFIED) == 1,
	       "who was not there for 35 days goes");
	for (i = 0; i < 10000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.18.%d.%d", i / 256, i % 256);
		put_contacts(s, x, text, 10 * day + i * 60);
	}
	put_contacts(s, x, "192.0.2.2", 7 * day);
	put_contacts(s, x, "192.0.2.2", 8 * day);
	tap_ok(!store_prune(s, now, false, 1 << 19), "pruned by size");
	i = store_count(s, STORE_UNVERIFIED);
	tap_ok(i > 4900 && i < 5100, "the older half of those that came once goes: %d are left", i);
	tap_ok(store_count(s, STORE_VERIFIED) == 1, "who proved something stays");
	put_contacts(s, x, "192.0.2.2", 9 * day);
	tap_ok(store_count(s, STORE_UNVERIFIED) == (size_t)i, "and who came more than once");
	tap_ok(!store_commit(s), "all that in one commit");
	store_close(s);
}

/* --- pardons ------------------------------------------------------------------ */

static int count_pardon(const struct store_pardon *p, void *arg)
{
	struct store_pardon *sum = arg;

	sum->prefix.len++;
	sum->made += p->made;
	sum->until += p->until;
	return 0;
}

/* How many, and the sums of their times. */
static bool pardons_are(struct store *s, int n, int64_t made, int64_t until)
{
	struct store_pardon sum = {};

	return !store_each_pardon(s, count_pardon, &sum) && sum.prefix.len == n &&
	       sum.made == made && sum.until == until;
}

static void test_pardons(void)
{
	const int64_t now = 40 * 86400;
	struct store *s, *other;
	struct prefix p, q;

	fresh("pardons");
	prefix_parse("203.0.113.1", &p);
	prefix_parse("203.0.113.0/24", &q);
	s = must_open(STORE_NOTE);
	other = must_open(STORE_WRITE);
	tap_ok(store_unpardon(s, &p, now) == -ENOENT, "nobody is pardoned yet");
	tap_ok(!store_pardon(s, &p, now, now + 10) && pardons_are(other, 1, now, now + 10),
	       "a pardon is written beside a collect, which sees it");
	store_close(other);
	tap_ok(!store_pardon(s, &p, now + 1, now + 20) && pardons_are(s, 1, now, now + 20),
	       "it is prolonged");
	tap_ok(!store_pardon(s, &q, now, now + 10) && pardons_are(s, 2, 2 * now, 2 * now + 30),
	       "a prefix is another one than an address in it");
	tap_ok(!store_unpardon(s, &p, now + 5) && store_unpardon(s, &p, now + 6) == -ENOENT &&
		       pardons_are(s, 2, 2 * now, 2 * now + 15), "it ends when it is taken back, once");
	tap_ok(!store_pardon(s, &p, now + 30, now + 40) && pardons_are(s, 3, 3 * now + 30, 3 * now + 55),
	       "and what was is still known");
	tap_ok(!store_prune(s, now + 35 * 86400 + 8, true, 1 << 30) &&
		       pardons_are(s, 2, 2 * now + 30, 2 * now + 50), "for 35 days");
	store_close(s);
	by_sql("UPDATE pardon SET addr = x'00'");
	s = must_open(STORE_READ);
	tap_ok(store_each_pardon(s, count_pardon, &(struct store_pardon){}) == -EBADMSG,
	       "a damaged one is told");
	store_close(s);
}

int main(void)
{
	if (!mkdtemp(top))
		tap_die("mkdtemp");
	umask(022);
	test_modes();
	test_foreign();
	test_migration();
	test_newer();
	test_damage();
	test_commit();
	test_lock();
	test_grades();
	test_gaps();
	test_one_epoch();
	test_reboot();
	test_prune();
	test_pardons();
	if (fork() == 0)
		execlp("rm", "rm", "-rf", top, NULL);
	wait(NULL);
	return tap_done();
}
