// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores of other versions: an older one is brought up to date with nothing lost, and what
 * a newer one has appended to records stays. Otherwise an update would list good senders.
 */
#include <sqlite3.h>

#include "selftests/lib/scratch.h"
#include "user/base/failure.h"

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

	mkdir(scratch_dir, 0700);
	if (sqlite3_open(scratch_file, &db) ||
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

	scratch_fresh("older");
	make_old();
	tap_ok(scratch_error(STORE_READ) == -EPROTO && strstr(failure_last()->hint, "collect"),
	       "an older version is not read: %s", failure_last()->what);
	s = scratch_open(STORE_WRITE);
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
	tap_ok(!scratch_error(STORE_READ), "then it is read");
	scratch_fresh("older-damaged");
	make_old();
	scratch_sql("UPDATE source SET claims = x'00' WHERE source = x'000000000000000000000005'");
	tap_ok(scratch_error(STORE_WRITE) == -EBADMSG, "a damaged one is refused: %s", failure_last()->what);
	scratch_sql("UPDATE source SET claims = NULL WHERE claims = x'00'");
	tap_ok(!scratch_error(STORE_WRITE), "and nothing was done to it by halves");
}

/* What a newer tool has appended to records stays, though this one does not know it. */
static void test_newer(void)
{
	struct pack_contacts c = { .role = { { 10, 20 } }, .opens = { 3 } };
	struct pack_hour hour[STORED_HOURS], h = { .hour = 1, .n[NOLIST_EVENT_SLOTS - 1] = 4 };
	struct pack_verified p = { .talk = { 100, 200 }, .talk_hours = 1 };
	struct store_row row = { .stored.hour = hour };
	struct epoch l = scratch_epoch("boot", 1);
	struct store *s;
	int error;

	scratch_fresh("newer-records");
	s = scratch_open(STORE_WRITE);
	row.epoch = store_epoch(s, &l);
	error = store_get(s, &row);
	stored_add_contacts(&row.stored, &c, WALL);
	stored_add_verified(&row.stored, &p, &h, 1);
	row.stored.contacts.unknown[2] = 71;
	row.stored.verified.unknown[4] = 72;
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
	tap_ok(!error && store_get(s, &row) == 1 && row.stored.contacts.unknown[2] == 71 &&
		       row.stored.verified.unknown[4] == 72 && hour[0].unknown[1] == 73,
	       "and they are there when it was written again");
	tap_ok(row.stored.contacts.now.opens[0] == 5 && hour[0].n[NOLIST_EVENT_SLOTS - 1] == 9,
	       "as is what is new");
	store_close(s);
	/* Thirty words, of which the first is 10 and the last 1. */
	scratch_sql("UPDATE source SET contacts = x'1e010000200a00000001000000'");
	s = scratch_open(STORE_WRITE);
	tap_ok(store_get(s, &row) == 1 && row.stored.contacts.now.role[0].first == 10,
	       "of a record that is too long as much is read as fits");
	store_close(s);
	scratch_sql("UPDATE source SET contacts = x'01010a000000'");
	s = scratch_open(STORE_WRITE);
	tap_ok(store_get(s, &row) == 1 && row.stored.contacts.now.role[0].first == 10 &&
		       !row.stored.contacts.now.role[0].last && !row.stored.contacts.days[2],
	       "what a shorter one has not is zero");
	store_close(s);
}

int main(void)
{
	scratch_begin();
	test_migration();
	test_newer();
	return scratch_end();
}
