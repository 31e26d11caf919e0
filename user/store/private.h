/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the store share: sqlite.c opens, statements.c has the statements, columns.c
 * reads numbers and texts, rows.c has the sources, epochs.c the epochs and everything else of
 * tables as a whole, pardons.c the pardons, lifts.c the lifts, spam.c what content filters
 * found, lists.c the lists, history.c the
 * history, newest.c the sources that were there last, prune.c drops old rows. Only these files
 * include this header.
 */
#ifndef NOLIST_STORE_PRIVATE_H
#define NOLIST_STORE_PRIVATE_H

#include <sqlite3.h>
#include "user/store/store.h"

enum statement {
	SQL_WALK_UNVERIFIED, /* in the order of enum store_grade */
	SQL_WALK_VERIFIED,
	SQL_DATA,
	SQL_GET,
	SQL_PUT,
	SQL_PUT_MANY,
	SQL_PROMOTE,
	SQL_IS_VERIFIED,
	SQL_COUNT,
	SQL_DROP,
	SQL_FORGET,
	SQL_GAPS_DROP,
	SQL_ACKS_DROP,
	SQL_PARDON_DROP,
	SQL_REAL_DROP,
	SQL_CHANGES_DROP,
	SQL_LIST_DROP,
	SQL_EPOCH_ADD,
	SQL_EPOCH_SET,
	SQL_EPOCH_WALL,
	SQL_GAPS_LAST,
	SQL_GAPS_ADD,
	SQL_GAPS_STRETCH,
	SQL_GAPS_EACH,
	SQL_ACKS_ADD,
	SQL_ACKS_EACH,
	SQL_PARDON_ADD,
	SQL_PARDON_EXTEND,
	SQL_PARDON_EACH,
	SQL_REAL_ADD,
	SQL_REAL_EACH,
	SQL_CHANGE_ADD,
	SQL_CHANGES_EACH,
	SQL_LIST_GET,
	SQL_LIST_SET,
	SQL_LIST_EACH,
	SQL_LIST_FORGET,
	SQL_GROWTH_ADD,
	SQL_GROWTH_DROP,
	SQL_GROWTH_FORGET,
	SQL_UNVERIFIED,
	SQL_UNVERIFIED_SET,
	SQL_HISTORY_ADD,
	SQL_HISTORY_MOST,
	SQL_HISTORY_EACH,
	SQL_HISTORY_DROP,
	SQL_LEVEL_SET,
	SQL_LEVEL_EACH,
	SQL_LIFT_ADD,
	SQL_LIFT_EACH,
	SQL_LIFT_DROP,
	SQL_LIFT_FORGET,
	SQL_SPAM_ADD,
	SQL_SPAM_MORE,
	SQL_SPAM_COUNT,
	SQL_SPAM_EACH,
	SQL_SPAM_DROP,
	SQL_SPAM_FORGET,
	SQL_NEWEST_EACH,
	SQL_NEWEST_ADD,
	SQL_NEWEST_DROP,
	SQL_NEWEST_FORGET,
	SQL_NEWEST_END,
	SQL_NEWEST_END_SET,
	SQL_NEWEST_MISSING,
	STATEMENTS
};

#define STORE_KEY_SIZE 12 /* bytes of a source */
#define STORE_PUT_ROWS 64 /* of SQL_PUT_MANY */

struct store {
	sqlite3 *db;
	char *path;
	int lock; /* the directory: locked with STORE_WRITE; or -1 */
	int error; /* what store_fail() returned last */
	sqlite3_stmt *stmt[STATEMENTS];
	struct store_epoch *epoch;
	size_t epochs;
	unsigned char *bound; /* values that are bound to the statement about to run */
	size_t bound_capacity;
	int64_t more; /* unverified rows that were added since the last commit */
	int64_t spam_rows; /* if has_spam_rows */
	bool has_spam_rows;
	struct newest *newest; /* of the epochs that this transaction writes to */
	size_t newests;
};

/* Notes a failure of SQLite; returns -errno. */
int store_fail(struct store *s, const char *what);
/* schema.c: step i converts version i to i + 1; store_version is the current version. */
extern const char *const store_steps[];
extern const int store_version;
/* A statement, prepared once and reset; NULL: store_fail() was called, error is why. */
sqlite3_stmt *store_stmt(struct store *s, enum statement which);
/* Runs a statement without results. */
int store_run(struct store *s, sqlite3_stmt *stmt, const char *what);
/* 1: there is a row; 0: the end; or -errno. */
int store_step(struct store *s, sqlite3_stmt *stmt);
/* Notes that a row cannot be one that this tool wrote: -EBADMSG. */
int store_damaged(struct store *s);
/* A pragma or a query with one number. */
int store_number(struct store *s, const char *pragma, int *number);
/* older.c: adds the SQL functions that the steps from older versions call. */
int store_add_older(struct store *s);
int store_execute(struct store *s, const char *text, const char *what);
/* prune.c: writes that number. */
int store_note_unverified(struct store *s);
void store_key_bytes(const struct pack_key *key, unsigned char bytes[STORE_KEY_SIZE]);
/* last: as stored_last() of the row tells; 0: it is not noted among the newest. */
int store_drop(struct store *s, const struct store_row *row, enum store_grade grade, uint32_t last);
/* Drops everything of tables as a whole, pardons and lists from before a time. */
int store_drop_epochs(struct store *s, int64_t before);
int store_read_epochs(struct store *s);
int store_drop_history(struct store *s, int64_t now); /* what is too old */

/* newest.c. When a source was there last, in an epoch. */
uint32_t stored_last(const struct stored *k);
/* A new epoch, which has no rows. */
int newest_begin(struct store *s, int epoch);
/* A row is written, or was met by a walk after newest_again(). */
int newest_add(struct store *s, int epoch, const struct pack_key *key, uint32_t last);
int newest_drop(struct store *s, int epoch, const struct pack_key *key, uint32_t last);
int newest_forget(struct store *s, const struct pack_key *key);
/* All epochs are empty: a walk over all rows adds them. */
int newest_again(struct store *s);
int newest_write(struct store *s);
/* What a transaction has noted and not written is no more. */
void newest_free(struct store *s);

/*
 * columns.c: the current row of a statement. A column that is not as asked for sets
 * is_damaged, and reads as zero, "" or zero bytes.
 */
struct columns {
	sqlite3_stmt *q;
	bool is_damaged;
};

#define STORE_TIME_MAX 253402300799ll /* the last second of the year 9999 */
/* A wall clock that was never set, and a machine that has been up for as long as a time can say. */
#define STORE_WALL_MIN (-(int64_t)UINT32_MAX)

int64_t column_number(struct columns *c, int i, int64_t least, int64_t most);
uint32_t column_word(struct columns *c, int i);
uint64_t column_long(struct columns *c, int i); /* any 64 bits */
int64_t column_time(struct columns *c, int i);  /* seconds since 1970 */
int column_id(struct columns *c, int i);        /* of an epoch */
/* Of less than size bytes. */
const char *column_text(struct columns *c, int i, size_t size);
/* Of exactly size bytes, at most 32; valid until the statement steps. */
const void *column_bytes(struct columns *c, int i, size_t size);
struct pack_key column_key(struct columns *c, int i); /* of a source */

#endif
