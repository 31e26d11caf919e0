// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the store: directory, lock, file, version. A file that is damaged, of a newer
 * version or not a store is refused and never overwritten: its evidence may acquit a
 * source.
 *
 * The journal is a write-ahead log: a writer that was killed leaves nothing that a
 * reader would have to repair, and a writer does not wait for readers.
 */
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/state_dir.h"
#include "user/base/text.h"
#include "user/store/private.h"

#define WAIT_MS 10000 /* for another writer */
#define POLL_MS 20

/* --- failures ---------------------------------------------------------------- */

static const char damage_hint[] = "rename it, then \"collect\" begins a new one; .recover of "
				  "sqlite3 may save its contents";

/* SQLite reports only that it cannot open the file: the reason, as -errno. */
static int why_not(const char *path, int lock)
{
	struct statvfs fs;
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (lock < 0 ? statvfs(path, &fs) : fstatvfs(lock, &fs))
		return -EACCES;
	return fs.f_flag & ST_RDONLY ? -EROFS : !fs.f_bavail ? -ENOSPC : -EACCES;
}

/* The errno of the last failed access to the database or its log; 0: unknown. */
static int disk_error(struct store *s)
{
	sqlite3_file *log = NULL;
	int error = 0;

	if (!s->db)
		return 0;
	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
	if (!error && !sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) &&
	    log && log->pMethods)
		log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

/*
 * SQLite calls each failure of a system call an I/O error: the reason, as -errno. Of a file
 * system that is full it does not always keep the number.
 */
static int io_error(struct store *s)
{
	int error = sqlite3_system_errno(s->db);
	struct statvfs fs;

	if (!error)
		error = disk_error(s);
	if (error == ENOSPC || error == EDQUOT || error == EROFS)
		return -error;
	if (!statvfs(s->path, &fs) && !fs.f_bavail)
		return -ENOSPC;
	return -EIO;
}

static int explain(struct store *s, const char *what)
{
	int code = s->db ? sqlite3_extended_errcode(s->db) : SQLITE_NOMEM;
	const char *path = s->path ? s->path : STORE_FILE;
	int error;

	switch (code & 0xff) {
	case SQLITE_CORRUPT:
		/* SQLite takes a page that the disk does not give for a damaged one. */
		if (disk_error(s) == EIO)
			return fail(-EIO, "cannot %s '%s'", what, path);
		return store_damaged(s);
	case SQLITE_ERROR: /* another schema: a table or a column is missing */
	case SQLITE_SCHEMA:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return store_damaged(s);
	case SQLITE_FULL:
		return fail(-ENOSPC, "cannot %s '%s'", what, path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail(-EBUSY, "cannot %s '%s'", what, path);
	case SQLITE_NOMEM:
		return fail(-ENOMEM, "cannot %s '%s'", what, path);
	case SQLITE_READONLY:
		return fail(-EROFS, "cannot %s '%s'", what, path);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return fail(why_not(path, s->lock), "cannot %s '%s'", what, path);
	}
	error = io_error(s);
	fail(error, "cannot %s '%s'", what, path);
	return error == -EIO ? fail_hint("%s", sqlite3_errstr(code)) : error;
}

int store_fail(struct store *s, const char *what)
{
	s->error = explain(s, what);
	return s->error;
}

/* --- statements -------------------------------------------------------------- */

int store_run(struct store *s, sqlite3_stmt *stmt, const char *what)
{
	int code = sqlite3_step(stmt), error = 0;

	if (code != SQLITE_DONE)
		error = store_fail(s, what);
	sqlite3_reset(stmt);
	return error;
}

int store_step(struct store *s, sqlite3_stmt *q)
{
	int code = sqlite3_step(q);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		return store_fail(s, "read");
	sqlite3_reset(q);
	return 0;
}

int store_damaged(struct store *s)
{
	failx(-EBADMSG, "the store '%s' is damaged", s->path ? s->path : STORE_FILE);
	return fail_hint("%s", damage_hint);
}

int store_execute(struct store *s, const char *text, const char *what)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, what);
}

int store_begin(struct store *s)
{
	newest_free(s);
	return store_execute(s, "BEGIN IMMEDIATE", "write");
}

int store_commit(struct store *s)
{
	int error = s->more ? store_note_unverified(s) : 0;

	if (!error)
		error = newest_write(s);
	return error ? error : store_execute(s, "COMMIT", "write");
}

/* --- the directory ----------------------------------------------------------- */

static int lock_dir(struct store *s, const char *dir, bool is_locked)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	int waited;

	s->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock < 0)
		return fail(-errno, "cannot open '%s'", dir);
	for (waited = 0; is_locked && flock(s->lock, LOCK_EX | LOCK_NB); waited += POLL_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(-errno, "cannot lock '%s'", dir);
		if (waited >= WAIT_MS)
			return fail(-EBUSY, "cannot write to '%s'", s->path);
		nanosleep(&pause, NULL);
	}
	return state_dir_check(dir, s->lock);
}

/* --- the file ---------------------------------------------------------------- */

int store_number(struct store *s, const char *pragma, int *number)
{
	sqlite3_stmt *stmt;
	int error = 0;

	if (sqlite3_prepare_v2(s->db, pragma, -1, &stmt, NULL) != SQLITE_OK)
		return store_fail(s, "read");
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*number = sqlite3_column_int(stmt, 0);
	else
		error = store_fail(s, "read");
	sqlite3_finalize(stmt);
	return error;
}

/* Runs all missing steps, or none. */
static int migrate(struct store *s)
{
	int version, error = store_add_older(s);
	char pragma[64];

	if (!error)
		error = store_begin(s);
	/* Read again: another process may have migrated it meanwhile. */
	if (!error)
		error = store_number(s, "PRAGMA user_version", &version);
	if (!error && (version < 0 || version > store_version))
		error = store_damaged(s);
	for (; !error && version < store_version; version++)
		error = store_execute(s, store_steps[version], "write");
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %u", NOLIST_MAGIC);
	if (!error)
		error = store_execute(s, pragma, "write");
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", store_version);
	if (!error)
		error = store_execute(s, pragma, "write");
	if (!error)
		return store_commit(s);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

static int check_version(struct store *s, enum store_mode mode)
{
	int id, version, tables, error;

	error = store_number(s, "PRAGMA application_id", &id);
	if (!error)
		error = store_number(s, "PRAGMA user_version", &version);
	if (!error)
		error = store_number(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (error)
		return error;
	if ((unsigned int)id != NOLIST_MAGIC && (id || version || tables))
		return failx(-EPROTO, "'%s' is not a store of nolist-xdp", s->path);
	if (version < 0)
		return store_damaged(s);
	if (version > store_version) {
		failx(-EPROTO,
		      "the store '%s' is of version %d, this tool "
		      "knows %d",
		      s->path, version, store_version);
		return fail_hint("a newer nolist-xdp has written it");
	}
	if (version == store_version)
		return 0;
	if (mode != STORE_READ)
		return migrate(s);
	/* The first collect was killed before it committed anything. */
	if (!version)
		return -ENOENT;
	failx(-EPROTO, "the store '%s' is of an old version, %d", s->path, version);
	return fail_hint("\"nolist-xdp collect\" brings it up to date");
}

/* A schema that somebody else wrote must not run anything of its own. */
static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

/* Has a writer left anything in the log beside the file, or may one be at work? */
static bool has_log(const struct store *s)
{
	char log[4096];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", s->path);
	return stat(log, &st) ? errno != ENOENT : st.st_size > 0;
}

/* As a URI, in which no writer is expected. */
static int open_still(struct store *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789/._-";
	char uri[3 * 4096 + 32];
	size_t n = sprintf(uri, "file:");
	const char *c;

	for (c = s->path; *c && n < sizeof(uri) - 32; c++)
		n += sprintf(uri + n, strchr(plain, *c) ? "%c" : "%%%02X", (unsigned char)*c);
	strcpy(uri + n, "?immutable=1");
	return sqlite3_open_v2(uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
			       SQLITE_OPEN_NOMUTEX, NULL);
}

/*
 * SQLite's readers and writers share a file beside the store, which a reader cannot make where
 * the directory is read-only or the disk is full. Then no writer can be there either.
 */
static int open_again(struct store *s)
{
	int error;

	sqlite3_close(s->db);
	s->db = NULL;
	error = open_still(s) == SQLITE_OK ? 0 : store_fail(s, "open");
	if (!error)
		distrust(s->db);
	return error ? error : store_execute(s, "PRAGMA cache_size = -4096; BEGIN", "read");
}

static int open_file(struct store *s, enum store_mode mode)
{
	int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY :
					 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	mode_t mask = umask(0077);
	int code, error;

	/* Each store is used by one thread at a time; statistics of memory are not needed. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	code = sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		sqlite3_busy_timeout(s->db, WAIT_MS);
	error = code == SQLITE_OK ? 0 : store_fail(s, "open");
	if (!error)
		distrust(s->db);
	if (!error && mode != STORE_READ)
		error = store_execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				   "PRAGMA journal_size_limit = 16777216;"
				   "PRAGMA cache_size = -32768", "write");
	else if (!error)
		error = store_execute(s, "PRAGMA cache_size = -4096; BEGIN", "read");
	if (!error)
		error = check_version(s, mode);
	if ((error == -EROFS || error == -EACCES || error == -ENOSPC) && mode == STORE_READ &&
	    sqlite3_extended_errcode(s->db) != SQLITE_READONLY_ROLLBACK && !has_log(s)) {
		error = open_again(s);
		if (!error)
			error = check_version(s, mode);
	}
	/* Only while the file is created it has a rollback journal: its writer was killed then. */
	if (error && mode == STORE_READ &&
	    sqlite3_extended_errcode(s->db) == SQLITE_READONLY_ROLLBACK)
		error = -ENOENT;
	umask(mask);
	return error;
}

int store_open(struct store **sp, const char *dir, enum store_mode mode)
{
	struct store *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return fail(-ENOMEM, "cannot open the store");
	s->lock = -1;
	if (asprintf(&s->path, "%s/%s", dir, STORE_FILE) < 0) {
		free(s);
		return fail(-ENOMEM, "cannot open the store");
	}
	error = mode != STORE_READ ? state_dir_make(dir) : 0;
	if (!error && mode != STORE_READ)
		error = lock_dir(s, dir, mode == STORE_WRITE);
	if (!error && mode == STORE_READ && access(s->path, F_OK))
		error = errno == ENOENT ? -ENOENT : fail(-errno, "cannot open '%s'", s->path);
	if (!error)
		error = open_file(s, mode);
	if (!error)
		error = store_read_epochs(s);
	if (error) {
		store_close(s);
		return error;
	}
	*sp = s;
	return 0;
}

void store_close(struct store *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	newest_free(s);
	free(s->bound);
	free(s->epoch);
	free(s);
}
