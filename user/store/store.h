/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: evidence that outlives tables and reboots, in one SQLite file in the
 * state directory. Only store*.c call SQLite. It keeps what the tables said, by
 * source and life (record/pack.h), and what was lost meanwhile.
 *
 * One collects at a time; readers are never kept waiting and see one moment. What
 * was committed is on the disk. Functions return 0 or -errno and print nothing;
 * failure_of() explains the last one. Two threads may use two
 * stores, each its own.
 */
#ifndef NOLIST_STORE_H
#define NOLIST_STORE_H

#include <stddef.h>
#include "user/base/addr.h"
#include "user/record/pack.h"

#define STORE_FILE "evidence.db"

struct store;

enum store_mode {
	STORE_READ,  /* -ENOENT: there is none; what is seen is of one moment */
	STORE_WRITE, /* makes directory and file; -EBUSY: somebody else collects */
	STORE_NOTE,  /* the same for what is not evidence: also while somebody collects */
};

int store_open(struct store **sp, const char *dir, enum store_mode mode);
/* What was not committed is forgotten; safe on NULL. */
void store_close(struct store *s);

/* Writing: all between the two is seen by others at once, or never. */
int store_begin(struct store *s);
int store_commit(struct store *s);

/* --- lives ------------------------------------------------------------------- */

struct store_epoch {
	int id;
	struct epoch epoch;
	uint32_t begin_s;   /* when the tables were made, as far as is known */
	uint32_t seen_s;    /* when they were collected last */
	uint32_t end_s;     /* when all of theirs was stored, since others had taken their
			     * place; 0: they may have gone with more than that */
	uint32_t real_s[2]; /* IPv4, IPv6: when anyone was at the real MX; 0: never */
	uint32_t data_s[2]; /* the same with data */
};

/* All lives, by id; they live as long as the store. */
size_t store_epochs(const struct store *s, const struct store_epoch **epochs);
/*
 * The id of a life, which is added if it is new. The wall clock of the life goes
 * for all lives of its boot.
 */
int store_epoch(struct store *s, const struct epoch *epoch);
int store_set_epoch(struct store *s, const struct store_epoch *epoch);

/* When tables were collected last, in seconds since 1970; 0: never. */
int64_t store_collected(const struct store *s);

/* --- sources ----------------------------------------------------------------- */

/* Kept apart, since those who proved nothing are many and matter least. */
enum store_grade { STORE_UNVERIFIED, STORE_VERIFIED, STORE_GRADES };

struct store_row {
	struct pack_key key;
	int epoch;
	enum store_grade grade; /* of all rows of the source; STORE_GRADES: not known */
	struct stored stored;   /* with an hour[] of the caller's */
	unsigned int capacity;  /* for store_get_many(): of that */
};

/* A walk over one grade in the order of sources and lives, from a source on. */
int store_start(struct store *s, enum store_grade grade, const struct pack_key *from);
/* 1: a row; 0: there is no more. */
int store_next(struct store *s, enum store_grade grade, struct store_row *row);
/* The same over sources, each once, that sent data to the real MX. */
int store_data_start(struct store *s);
int store_data_next(struct store *s, struct pack_key *key);

/* What is kept of row->key and row->life; all zero if nothing. 1: it is known. */
int store_get(struct store *s, struct store_row *row);
/*
 * The same for many rows of one life, in the order of sources: quicker, whether
 * they are few or all. Their hour[] are made as large as is needed, with room for
 * what one look at the tables may add: from malloc(), or NULL.
 */
int store_get_many(struct store *s, struct store_row *rows, size_t n);
/* Puts back what these filled. */
int store_put(struct store *s, const struct store_row *row);
/* The same for many rows of one life, in the order of sources: quicker. */
int store_put_many(struct store *s, const struct store_row *const *rows, size_t n);
size_t store_count(struct store *s, enum store_grade grade);

/*
 * Drops who was not there for 35 days (is_by_age), and who matters least where the
 * store is larger than bytes_max.
 */
int store_prune(struct store *s, int64_t now, bool is_by_age, uint64_t bytes_max);

/* --- pardons ----------------------------------------------------------------- */

struct store_pardon {
	struct prefix prefix;
	int64_t made, until; /* seconds since 1970 */
};

/* A prefix that is pardoned is so until another time. */
int store_pardon(struct store *s, const struct prefix *p, int64_t now, int64_t until);
/* -ENOENT: there is no pardon for just this prefix. */
int store_unpardon(struct store *s, const struct prefix *p, int64_t now);
/* fn for each, also those that are over; a return other than 0 ends it. */
typedef int store_pardon_fn(const struct store_pardon *p, void *arg);
int store_each_pardon(struct store *s, store_pardon_fn *fn, void *arg);

/* --- lists ------------------------------------------------------------------- */

#define STORE_HELD 5 /* kinds of holds */

struct store_list {
	int64_t time;    /* of the list */
	int64_t since;   /* when it had its first entry; 0: it has had none */
	uint64_t entries;
	uint64_t held[STORE_HELD]; /* how many were held back, by enum hold */
	uint64_t grown;  /* how many were added within the day before now */
};

/* -ENOENT: there is none so called. */
int store_list(struct store *s, const char *path, int64_t now, struct store_list *l);
/* added: at l->time, or taken back where it is negative; l->grown is not looked at. */
int store_set_list(struct store *s, const char *path, const struct store_list *l, int64_t added);
/* fn for each, in the order of paths; a return other than 0 ends it. */
typedef int store_list_fn(const char *path, const struct store_list *l, void *arg);
int store_each_list(struct store *s, int64_t now, store_list_fn *fn, void *arg);

/* --- losses ------------------------------------------------------------------ */

/* Intervals follow each other; one in which nothing was lost takes up the next. */
/* -ENOENT: none so far. */
int store_last_gaps(struct store *s, int epoch, struct gap *l);
int store_add_gaps(struct store *s, int epoch, const struct gap *l);
/* fn for each interval of each life, in their order; a return other than 0 ends it. */
typedef int store_gaps_fn(int epoch, const struct gap *l, void *arg);
int store_each_gaps(struct store *s, store_gaps_fn *fn, void *arg);

/* Wrong acknowledgements of all sources in an hour; the larger number stays. */
int store_add_bad_acks(struct store *s, int epoch, uint32_t hour, uint64_t count);
typedef int store_bad_acks_fn(int epoch, uint32_t hour, uint64_t count, void *arg);
int store_each_bad_acks(struct store *s, store_bad_acks_fn *fn, void *arg);

/* --- the site ---------------------------------------------------------------- */

/* Connections to the real MX in an hour, by family; the larger numbers stay. */
int store_add_real(struct store *s, int epoch, int family, const struct nolist_real *real);
typedef int store_real_fn(int epoch, int family, const struct nolist_real *real, void *arg);
int store_each_real(struct store *s, store_real_fn *fn, void *arg);

/* Which MX addresses came in force, and when. */
int store_add_change(struct store *s, int epoch, uint32_t at_s, uint64_t mx);
typedef int store_change_fn(int epoch, uint32_t at_s, uint64_t mx, void *arg);
int store_each_change(struct store *s, store_change_fn *fn, void *arg);

#endif
