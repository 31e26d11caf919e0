// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store's file: what was committed is there and nothing else, and a file that is not
 * ours or damaged is refused. An alibi that gets lost here lists a good sender.
 */
#include <sys/wait.h>

#include "selftests/lib/scratch.h"
#include "user/base/failure.h"

/* --- the file ---------------------------------------------------------------- */

static void test_modes(void)
{
	struct store *s;
	struct stat st;

	scratch_fresh("a/b");
	tap_ok(store_open(&s, scratch_dir, STORE_WRITE) == -ENOENT && strstr(failure_last()->hint, "mistyped") &&
		       stat(scratch_dir, &st),
	       "a directory in one that is not there was mistyped");
	scratch_fresh("a");
	tap_ok(store_open(&s, scratch_dir, STORE_READ) == -ENOENT, "nothing is there to be read");
	tap_ok(stat(scratch_dir, &st), "and reading made nothing");
	store_close(scratch_open(STORE_WRITE));
	tap_ok(!stat(scratch_dir, &st) && (st.st_mode & 07777) == 0755, "writing makes a directory of its own");
	tap_ok(!stat(scratch_file, &st) && (st.st_mode & 07777) == 0600, "and a file");
	store_close(scratch_open(STORE_READ));
	chmod(scratch_dir, 0770);
	tap_ok(store_open(&s, scratch_dir, STORE_WRITE) == -EPERM && strstr(failure_last()->what, "cannot trust"),
	       "not in a directory that others can write");
	chmod(scratch_dir, 0700);
}

static void test_foreign(void)
{
	scratch_fresh("foreign");
	mkdir(scratch_dir, 0700);
	scratch_sql("CREATE TABLE somebodys (x)");
	tap_ok(scratch_error(STORE_READ) == -EPROTO && scratch_error(STORE_WRITE) == -EPROTO,
	       "another program's file is refused: %s", failure_last()->what);
	scratch_fresh("newer");
	store_close(scratch_open(STORE_WRITE));
	scratch_sql("PRAGMA user_version = 999");
	tap_ok(scratch_error(STORE_READ) == -EPROTO && scratch_error(STORE_WRITE) == -EPROTO,
	       "a newer version is refused: %s", failure_last()->what);
	scratch_fresh("empty");
	mkdir(scratch_dir, 0700);
	close(open(scratch_file, O_CREAT | O_WRONLY, 0600));
	tap_ok(scratch_error(STORE_READ) == -ENOENT, "a file in which nothing was committed is none");
	tap_ok(!scratch_error(STORE_WRITE), "and can be written");
}

/* 1000 sources in one commit. */
static void fill(void)
{
	struct epoch l = scratch_epoch("boot", 1);
	struct store *s = scratch_open(STORE_WRITE);
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

/* A row that was encoded before, by any thread, is written as one that is encoded when it is put. */
static void test_coded(void)
{
	struct pack_hour hour[STORED_HOURS], hours[] = { { .hour = 2, .n[NOLIST_EVENT_TEMPFAILED] = 3 },
							 { .hour = 5, .n[NOLIST_EVENT_QUIT] = 1 } };
	struct pack_contacts c = { .role = { { 10, 20 }, {}, { 30, 40 } }, .opens = { 2, 0, 1 } };
	struct pack_verified v = { .talk = { 4000, 15000 }, .talk_hours = 2 };
	struct store_row row = { .stored.hour = hour }, read;
	struct epoch l = scratch_epoch("boot", 1);
	struct pack_hour again[STORED_HOURS];
	struct store *s;
	int i, bad = 0;

	scratch_fresh("coded");
	s = scratch_open(STORE_WRITE);
	row.epoch = store_epoch(s, &l);
	for (i = 0; i < 4; i++) {
		row.key.low = i;
		bad += store_get(s, &row) != 0;
		if (i & 1)
			stored_add_contacts(&row.stored, &c, WALL);
		if (i & 2)
			stored_add_verified(&row.stored, &v, hours, 2);
		bad += store_code(&row) || store_put(s, &row);
		read = (struct store_row){ .key = row.key, .epoch = row.epoch, .stored.hour = again };
		bad += store_get(s, &read) != 1 || read.stored.hours != row.stored.hours ||
		       memcmp(&read.stored.contacts, &row.stored.contacts, sizeof(read.stored.contacts)) ||
		       memcmp(&read.stored.verified, &row.stored.verified, sizeof(read.stored.verified)) ||
		       memcmp(again, hour, row.stored.hours * sizeof(*hour));
	}
	/* What is read anew is encoded anew. */
	bad += store_get(s, &row) != 1;
	row.stored.verified.now.bad_acks = 77;
	bad += store_put(s, &row) || store_get(s, &read) != 1 || read.stored.verified.now.bad_acks != 77;
	tap_ok(!bad, "a row that was encoded before is written as it is");
	store_coded_free(&row);
	store_close(s);
}

static int walk(int *error)
{
	struct pack_hour hour[STORED_HOURS];
	struct store_row row = { .stored.hour = hour };
	struct store *s;
	int n = 0;

	*error = store_open(&s, scratch_dir, STORE_READ);
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

	scratch_fresh("damaged");
	fill();
	n = walk(&error);
	tap_ok(n == 1000 && !error, "what was written is read");
	fd = open(scratch_file, O_RDWR);
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
	tap_ok(scratch_error(STORE_READ) == -EBADMSG && scratch_error(STORE_WRITE) == -EBADMSG,
	       "no database at all: %s", failure_last()->what);
	close(fd);
	scratch_fresh("short");
	fill();
	scratch_sql("UPDATE source SET contacts = x'00'");
	walk(&error);
	tap_ok(error == -EBADMSG, "a row that nobody wrote so: %s", failure_last()->what);
}

static void test_commit(void)
{
	struct epoch l = scratch_epoch("boot", 1);
	struct store *s;
	int n, error;

	scratch_fresh("commit");
	fill();
	s = scratch_open(STORE_WRITE);
	store_begin(s);
	l.tables = 2;
	tap_ok(store_epoch(s, &l) == 2, "another epoch");
	store_close(s);
	s = scratch_open(STORE_WRITE);
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

	scratch_fresh("lock");
	if (pipe(go) || pipe(done))
		tap_die("pipe");
	if (!fork()) {
		if (read(go[0], &c, 1) != 1 || store_open(&s, scratch_dir, STORE_WRITE))
			_exit(1);
		fcntl(done[0], F_SETFL, O_NONBLOCK);
		_exit(read(done[0], &c, 1) != 1);
	}
	s = scratch_open(STORE_WRITE);
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

static void test_grades(void)
{
	struct epoch a = scratch_epoch("one", 1), b = scratch_epoch("two", 1);
	struct store *s;
	int x, y;

	scratch_fresh("grades");
	s = scratch_open(STORE_WRITE);
	store_begin(s);
	x = store_epoch(s, &a);
	y = store_epoch(s, &b);
	scratch_put_contacts(s, x, "192.0.2.1", 10);
	scratch_put_contacts(s, x, "192.0.2.2", 10);
	tap_ok(store_count(s, STORE_UNVERIFIED) == 2, "contacts are stored apart");
	scratch_put_verified(s, y, "192.0.2.1", 20);
	tap_ok(store_count(s, STORE_UNVERIFIED) == 1 && store_count(s, STORE_VERIFIED) == 2,
	       "until a source is verified, then all of it moves, of any epoch");
	scratch_put_verified(s, x, "192.0.2.3", 20);
	scratch_put_contacts(s, y, "192.0.2.3", 30);
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
	struct epoch a = scratch_epoch("one", 1);
	struct store *s;
	int x, n = 0;

	scratch_fresh("gaps");
	s = scratch_open(STORE_WRITE);
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
	tap_ok(!store_add_gaps(s, x, &l), "two gaps in a second are two intervals");
	store_each_gaps(s, count_gaps, &n);
	store_last_gaps(s, x, &last);
	tap_ok(n == 4 && last.from_s == 30 && last.verified_lost == 3,
	       "an interval without a loss absorbs the next, one with a loss does not");
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
	int64_t before;
	struct store *s, *other;
	struct prefix p, q;

	scratch_fresh("pardons");
	prefix_parse("203.0.113.1", &p);
	prefix_parse("203.0.113.0/24", &q);
	s = scratch_open(STORE_NOTE);
	other = scratch_open(STORE_WRITE);
	tap_ok(store_unpardon(s, &p, now) == -ENOENT, "no pardon yet");
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
	tap_ok(!store_prune(s, now + 35 * 86400 + 8, true, 1 << 30, &before) &&
		       pardons_are(s, 2, 2 * now + 30, 2 * now + 50), "for 35 days");
	store_close(s);
	scratch_sql("UPDATE pardon SET addr = x'00'");
	s = scratch_open(STORE_READ);
	tap_ok(store_each_pardon(s, count_pardon, &(struct store_pardon){}) == -EBADMSG,
	       "a damaged one is reported");
	store_close(s);
}

/* --- lifts -------------------------------------------------------------------- */

static int count_lift(const struct store_lift *l, void *arg)
{
	struct store_lift *sum = arg;

	sum->key.low++;
	sum->at += l->at;
	return 0;
}

static bool lifts_are(struct store *s, uint32_t n, int64_t at)
{
	struct store_lift sum = {};

	return !store_each_lift(s, count_lift, &sum) && sum.key.low == n && sum.at == at;
}

static void test_lifts(void)
{
	const int64_t now = 40 * 86400;
	struct nolist_source a = evidence_source("203.0.113.1"), b = evidence_source("2001:db8:1:2::");
	struct store_lift l = { pack_key(&a), now }, m = { pack_key(&b), now + 5 };
	int64_t before;
	struct store *s;

	scratch_fresh("lifts");
	s = scratch_open(STORE_NOTE);
	tap_ok(!store_lift(s, &l) && !store_lift(s, &m) && !store_lift(s, &l) && lifts_are(s, 2, 2 * now + 5),
	       "lifts are stored, each once");
	tap_ok(!store_forget(s, &l.key) && lifts_are(s, 1, now + 5), "what is forgotten of a source has its lifts");
	l.at = now + 200 * 86400ll;
	tap_ok(!store_lift(s, &l) && !store_prune(s, now + 35 * 86400, true, 1 << 30, &before) &&
		       lifts_are(s, 1, now + 5), "one of a clock that was far ahead goes");
	tap_ok(!store_prune(s, now + 35 * 86400 + 6, true, 1 << 30, &before) && lifts_are(s, 0, 0), "others in 35 days");
	tap_ok(!store_lift(s, &m) && store_forget_all(s) >= 0 && lifts_are(s, 0, 0), "none stays when all is forgotten");
	store_lift(s, &m);
	store_close(s);
	scratch_sql("UPDATE lift SET source = x'00'");
	s = scratch_open(STORE_READ);
	tap_ok(store_each_lift(s, count_lift, &(struct store_lift){}) == -EBADMSG, "a damaged one is reported");
	store_close(s);
}

int main(void)
{
	scratch_begin();
	test_modes();
	test_foreign();
	test_coded();
	test_damage();
	test_commit();
	test_lock();
	test_grades();
	test_gaps();
	test_pardons();
	test_lifts();
	return scratch_end();
}
