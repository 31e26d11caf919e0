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

/* What a macro stands for, as text. */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

#define LIST_COLUMNS                                                                               \
	"SELECT path, time, since, entries, (SELECT max(0, ifnull(sum(added), 0)) FROM growth"     \
	" WHERE growth.path = list.path AND growth.time > ?2 - " TEXT(DAY_S) " AND growth.time <= ?2),"      \
	" gaps, flood, learning, unseen, unhealthy, growth FROM list "

#define HISTORY_MAX 4000000000000000000 /* a sum of SQLite's would become a fraction */

#define PUT "INSERT INTO source (grade, source, epoch, has_data, contacts, verified, hours) VALUES"
/* A row of unchanged size is overwritten in place; REPLACE would delete it first. */
#define OVER                                                                                       \
	" ON CONFLICT (grade, source, epoch) DO UPDATE SET has_data = excluded.has_data,"          \
	" contacts = excluded.contacts, verified = excluded.verified, hours = excluded.hours"
#define ROW " (?, ?, ?, ?, ?, ?, ?)"
#define ROWS_4 ROW "," ROW "," ROW "," ROW
#define ROWS_16 ROWS_4 "," ROWS_4 "," ROWS_4 "," ROWS_4

static const char *const sql[STATEMENTS] = {
	[SQL_WALK_UNVERIFIED] = "SELECT source, epoch, contacts, verified, hours FROM source"
				" WHERE grade = 0 AND source >= ?1 ORDER BY source, epoch",
	[SQL_WALK_VERIFIED] = "SELECT source, epoch, contacts, verified, hours FROM source"
			      " WHERE grade = 1 AND source >= ?1 ORDER BY source, epoch",
	[SQL_DATA] = "SELECT DISTINCT source FROM source INDEXED BY source_data"
		     " WHERE has_data = 1 AND source >= ?1 ORDER BY source",
	[SQL_GET] = "SELECT source, epoch, contacts, verified, hours FROM source"
		    " WHERE grade = ?3 AND source = ?1 AND epoch = ?2",
	[SQL_PUT] = PUT ROW OVER,
	/* STORE_PUT_ROWS */
	[SQL_PUT_MANY] = PUT ROWS_16 "," ROWS_16 "," ROWS_16 "," ROWS_16 OVER,
	[SQL_PROMOTE] = "UPDATE source SET grade = 1 WHERE grade = 0 AND source = ?1",
	[SQL_IS_VERIFIED] = "SELECT 1 FROM source WHERE grade = 1 AND source = ?1 LIMIT 1",
	[SQL_COUNT] = "SELECT count(*) FROM source WHERE grade = ?1",
	[SQL_DROP] = "DELETE FROM source WHERE grade = ?1 AND source = ?2 AND epoch = ?3",
	[SQL_FORGET] = "DELETE FROM source WHERE grade IN (0, 1) AND source = ?1",
	[SQL_GAPS_DROP] = "DELETE FROM gap WHERE to_s + ifnull((SELECT wall_s FROM epoch"
			  " WHERE id = gap.epoch), 0) < ?1 AND seq NOT IN"
			  " (SELECT max(seq) FROM gap GROUP BY epoch)",
	[SQL_ACKS_DROP] = "DELETE FROM bad_acks WHERE hour * " TEXT(HOUR_S) " + ifnull((SELECT wall_s"
			  " FROM epoch WHERE id = bad_acks.epoch), 0) < ?1",
	[SQL_PARDON_DROP] = "DELETE FROM pardon WHERE until < ?1",
	[SQL_PARDON_ADD] = "INSERT INTO pardon VALUES (NULL, ?1, ?2, ?3, ?4)",
	[SQL_PARDON_EXTEND] = "UPDATE pardon SET until = ?4"
			      " WHERE addr = ?1 AND len = ?2 AND until > ?3",
	[SQL_PARDON_EACH] = "SELECT addr, len, made, until FROM pardon ORDER BY addr, len, made",
	[SQL_REAL_DROP] = "DELETE FROM real_hour WHERE hour * " TEXT(HOUR_S) " + ifnull((SELECT wall_s"
			  " FROM epoch WHERE id = real_hour.epoch), 0) < ?1",
	/* The last change before that time is not dropped: the next one is compared with it. */
	[SQL_CHANGES_DROP] =
		"WITH old AS (SELECT epoch, at_s, at_s + wall_s AS utc FROM mx_change"
		" JOIN epoch ON id = epoch WHERE at_s + wall_s < ?1)"
		" DELETE FROM mx_change WHERE (epoch, at_s) IN (SELECT epoch, at_s FROM"
		" old WHERE utc < (SELECT max(utc) FROM old))",
	[SQL_LIST_DROP] = "DELETE FROM list WHERE time < ?1",
	[SQL_LIST_GET] = LIST_COLUMNS "WHERE path = ?1",
	[SQL_LIST_SET] = "INSERT OR REPLACE INTO list (path, time, since, entries, gaps, flood,"
			 " learning, unseen, unhealthy, growth)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_LIST_FORGET] = "DELETE FROM list WHERE path = ?1",
	[SQL_UNVERIFIED] = "SELECT rows FROM amount WHERE grade = 0",
	[SQL_UNVERIFIED_SET] = "INSERT OR REPLACE INTO amount VALUES (0, ?1)",
	[SQL_GROWTH_FORGET] = "DELETE FROM growth WHERE path = ?1",
	[SQL_LIST_EACH] = LIST_COLUMNS "ORDER BY path",
	[SQL_GROWTH_ADD] = "INSERT INTO growth VALUES (NULL, ?1, ?2, ?3)",
	[SQL_GROWTH_DROP] = "DELETE FROM growth WHERE path = ?1"
			    " AND (time <= ?2 - " TEXT(DAY_S) " OR time > ?2)",
	[SQL_HISTORY_ADD] = "INSERT INTO history VALUES (?1, ?2, ?3) ON CONFLICT (kind, hour)"
			    " DO UPDATE SET count = min(count + excluded.count, " TEXT(HISTORY_MAX) ")",
	[SQL_HISTORY_MOST] = "INSERT INTO history VALUES (?1, ?2, ?3) ON CONFLICT (kind, hour)"
			     " DO UPDATE SET count = max(count, excluded.count)",
	[SQL_HISTORY_EACH] = "SELECT kind, hour, count FROM history WHERE hour BETWEEN ?1 AND ?2"
			     " ORDER BY kind, hour",
	[SQL_HISTORY_DROP] = "DELETE FROM history WHERE hour NOT BETWEEN ?1 AND ?2",
	[SQL_LIFT_ADD] = "INSERT OR IGNORE INTO lift VALUES (?1, ?2)",
	[SQL_LIFT_EACH] = "SELECT source, at FROM lift ORDER BY source, at",
	/* Also those of a clock that was wrong. */
	[SQL_LIFT_DROP] = "DELETE FROM lift WHERE at < ?1 OR at > ?1 + 70 * " TEXT(DAY_S),
	[SQL_LIFT_FORGET] = "DELETE FROM lift WHERE source = ?1",
	[SQL_EPOCH_ADD] = "INSERT INTO epoch (boot, tables, generation, wall_s)"
			  " VALUES (?1, ?2, ?3, ?4)",
	[SQL_EPOCH_SET] =
		"UPDATE epoch SET generation = ?2, begin_s = ?3, seen_s = ?4,"
		" real4_s = ?5, real6_s = ?6, data4_s = ?7, data6_s = ?8, end_s = ?9 WHERE id = ?1",
	[SQL_EPOCH_WALL] = "UPDATE epoch SET wall_s = ?2 WHERE boot = ?1 AND wall_s <> ?2",
	[SQL_GAPS_LAST] = "SELECT * FROM gap WHERE epoch = ?1 ORDER BY seq DESC LIMIT 1",
	[SQL_GAPS_ADD] = "INSERT INTO gap VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
			 " ?10, ?11, ?12, ?13, ?14, ?15)",
	[SQL_GAPS_STRETCH] = "UPDATE gap SET to_s = ?2 WHERE seq ="
			     " (SELECT max(seq) FROM gap WHERE epoch = ?1)",
	[SQL_GAPS_EACH] = "SELECT * FROM gap ORDER BY epoch, seq",
	[SQL_ACKS_ADD] = "INSERT INTO bad_acks VALUES (?1, ?2, ?3) ON CONFLICT (epoch, hour)"
			 " DO UPDATE SET count = max(count, excluded.count)",
	[SQL_ACKS_EACH] = "SELECT epoch, hour, count FROM bad_acks ORDER BY epoch, hour",
	[SQL_REAL_ADD] = "INSERT INTO real_hour VALUES (?1, ?2, ?3, ?4, ?5)"
			 " ON CONFLICT (epoch, family, hour) DO UPDATE SET"
			 " opens = max(opens, excluded.opens), data = max(data, excluded.data)",
	[SQL_REAL_EACH] = "SELECT epoch, family, hour, opens, data FROM real_hour"
			  " ORDER BY epoch, family, hour",
	[SQL_CHANGE_ADD] = "INSERT OR REPLACE INTO mx_change VALUES (?1, ?2, ?3)",
	[SQL_CHANGES_EACH] = "SELECT epoch, at_s, mx FROM mx_change ORDER BY epoch, at_s",
};

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

sqlite3_stmt *store_stmt(struct store *s, enum statement which)
{
	if (!s->stmt[which] &&
	    sqlite3_prepare_v3(s->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[which],
			       NULL) != SQLITE_OK) {
		store_fail(s, "read");
		return NULL;
	}
	sqlite3_reset(s->stmt[which]);
	return s->stmt[which];
}

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
	return store_execute(s, "BEGIN IMMEDIATE", "write");
}

int store_commit(struct store *s)
{
	int error = s->more ? store_note_unverified(s) : 0;

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
	free(s->bound);
	free(s->epoch);
	free(s);
}
