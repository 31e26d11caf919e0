// SPDX-License-Identifier: GPL-2.0-only
/* scratch.h: a store of its own for each group of tests. */
#include <sqlite3.h>
#include <sys/wait.h>

#include "selftests/lib/scratch.h"
#include "user/base/failure.h"

char scratch_dir[64], scratch_file[128];

static char top[32] = "/dev/shm/nolist-store.XXXXXX";

void scratch_begin(void)
{
	/* In memory, where it can be: each commit waits for the disk. */
	if (!mkdtemp(top) && !mkdtemp(strcpy(top, "/tmp/nolist-store.XXXXXX")))
		tap_die("mkdtemp");
	umask(022);
}

int scratch_end(void)
{
	if (fork() == 0)
		execlp("rm", "rm", "-rf", top, NULL);
	wait(NULL);
	return tap_done();
}

struct store *scratch_open(enum store_mode mode)
{
	struct store *s;

	if (store_open(&s, scratch_dir, mode))
		tap_die(failure_last()->what);
	return s;
}

void scratch_fresh(const char *name)
{
	snprintf(scratch_dir, sizeof(scratch_dir), "%s/%s", top, name);
	snprintf(scratch_file, sizeof(scratch_file), "%s/%s", scratch_dir, STORE_FILE);
}

void scratch_sql(const char *sql)
{
	sqlite3 *db;

	if (sqlite3_open(scratch_file, &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
		tap_die(sql);
	sqlite3_close(db);
}

struct epoch scratch_epoch(const char *boot, uint32_t table)
{
	struct epoch l = { .tables = table, .generation = 7, .wall_s = WALL };

	snprintf(l.boot, sizeof(l.boot), "%s", boot);
	return l;
}

int scratch_error(enum store_mode mode)
{
	struct store *s = NULL;
	int error = store_open(&s, scratch_dir, mode);

	if (!error)
		store_close(s);
	return error;
}

void scratch_put_verified(struct store *s, int epoch, const char *text, uint32_t at)
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

void scratch_put_contacts(struct store *s, int epoch, const char *text, uint32_t at)
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
