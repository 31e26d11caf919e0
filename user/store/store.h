/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: evidence that outlives tables and reboots, in one SQLite file in the
 * state directory. Only the files of this folder call SQLite. It holds the records of
 * the tables, by source and epoch (record/pack.h), and the gaps in them.
 *
 * One process collects at a time. Readers never wait, and see the state of one moment.
 * A commit is on the disk when it returns. Functions return 0 or -errno and print
 * nothing; failure_of() explains the error. A store is for one thread; another thread
 * may open its own.
 */
#ifndef NOLIST_STORE_H
#define NOLIST_STORE_H

#include <stddef.h>
#include "user/base/addr.h"
#include "user/record/pack.h"

#define STORE_FILE "evidence.db"

struct store;

enum store_mode {
	STORE_READ,  /* -ENOENT: there is no store */
	STORE_WRITE, /* creates directory and file; -EBUSY: another process collects */
	STORE_NOTE,  /* the same, to write anything but evidence: possible during a collect */
};

int store_open(struct store **sp, const char *dir, enum store_mode mode);
/* Rolls back what was not committed; accepts NULL. */
void store_close(struct store *s);

/* A transaction: others see all of its writes, or none. */
int store_begin(struct store *s);
int store_commit(struct store *s);

/* --- epochs ------------------------------------------------------------------ */

/* Times are as in record/pack.h; 0: never, or unknown. */
struct store_epoch {
	int id;
	struct epoch epoch;
	uint32_t begin_s;   /* when the tables were created */
	uint32_t seen_s;    /* when they were collected last */
	uint32_t end_s;     /* when they were stored completely, after a load had replaced
			     * them; 0: records may have been lost with them */
	uint32_t real_s[2]; /* IPv4, IPv6: last contact of any source with the real MX */
	uint32_t data_s[2]; /* the same with data */
};

/* All epochs, by id; valid as long as the store is open and no epoch is added. */
size_t store_epochs(const struct store *s, const struct store_epoch **epochs);
/*
 * The id of an epoch, which is added if it is new, or -errno. Its wall clock is set for all
 * epochs of the same boot.
 */
int store_epoch(struct store *s, const struct epoch *epoch);
int store_set_epoch(struct store *s, const struct store_epoch *epoch);

/* When tables were collected last, in seconds since 1970; 0: never. */
int64_t store_collected(const struct store *s);

/* --- sources ----------------------------------------------------------------- */

/* Stored apart, since unverified sources are many and matter least. */
enum store_grade { STORE_UNVERIFIED, STORE_VERIFIED, STORE_GRADES };

struct store_row {
	struct pack_key key;
	int epoch;              /* id */
	enum store_grade grade; /* of all rows of the source; STORE_GRADES: not stored */
	struct stored stored;   /* hour[] is the caller's */
	unsigned int capacity;  /* of hour[], for store_get_many() only */
	struct store_coded {
		unsigned char *bytes; /* from malloc(); contacts, verified evidence and hours */
		unsigned int capacity;
		bool is_valid; /* for the next put */
		unsigned int part[3]; /* bytes of each; 0: there is none */
	} coded;
};

/* A walk over one grade, by source and epoch, from a source on; NULL: from the first. */
int store_start(struct store *s, enum store_grade grade, const struct pack_key *from);
/* 1: a row; 0: the end; or -errno. */
int store_next(struct store *s, enum store_grade grade, struct store_row *row);
/* The same over the sources that sent data to the real MX, each once. */
int store_data_start(struct store *s, const struct pack_key *from);
int store_data_next(struct store *s, struct pack_key *key);

/* The row of row->key and row->epoch. 1: it is stored; 0: it is not, and all zero; or -errno. */
int store_get(struct store *s, struct store_row *row);
/*
 * The same for many rows of one epoch, sorted by source: faster, for few and for all of
 * them. Their hour[] must be NULL or from malloc(), with its capacity; it is grown to hold
 * the stored hours and what one read of the tables may add.
 */
int store_get_many(struct store *s, struct store_row *rows, size_t n);
/* Encodes a row for the next put, which any thread can do before. 0 or -ENOMEM. */
int store_code(struct store_row *row);
void store_coded_free(struct store_row *row);
/* Writes a row that one of these has filled. */
int store_put(struct store *s, const struct store_row *row);
/* The same for many rows of one epoch, sorted by source: faster. */
int store_put_many(struct store *s, const struct store_row *const *rows, size_t n);
/* store_begin(), for a transaction that overwrites what it deletes. */
int store_forget_begin(struct store *s);
/* Deletes all rows of a source, its lifts and what filters found: how many rows, or -errno. */
int store_forget(struct store *s, const struct pack_key *key);
/* Deletes all evidence; pardons, and what is noted of lists, stay. The rows, or -errno. */
int store_forget_all(struct store *s);
/* After the commit: leaves no old bytes in the files beside the store. 0 or -errno. */
int store_tidy(struct store *s);
size_t store_count(struct store *s, enum store_grade grade); /* rows */

/*
 * Unverified sources take a quarter of the store at most, at so many bytes each: else a flood of
 * forged ones would fill it in hours.
 */
#define STORE_UNVERIFIED_BYTES 64
#define STORE_UNVERIFIED_SHARE 4

/*
 * Drops evidence that is older than 35 days (if is_by_age), and, if the store is larger than
 * bytes_max, or has more unverified sources than their share of that, sources that matter least.
 * Times are in seconds since 1970; of those, the ones that were idle since *before were dropped; 0:
 * none were.
 */
int store_prune(struct store *s, int64_t now, bool is_by_age, uint64_t bytes_max, int64_t *before);
/*
 * How many rows of unverified sources there are, as is noted: quicker than store_count(). What was
 * forgotten is in it until the day is over.
 */
int store_unverified(struct store *s, int64_t *rows);

/* --- the newest sources --------------------------------------------------------- */

/*
 * Of each epoch the sources that were there last are noted apart, so that who asks for these only
 * need not read all rows.
 */
#define STORE_NEWEST 1000 /* of an epoch, at most */

struct store_newest {
	struct pack_key key;
	uint32_t last; /* packed: the latest time of its row */
};

/* The latest first, and equal times in the order of sources. */
static inline int store_newest_compare(const struct store_newest *a, const struct store_newest *b)
{
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return pack_compare(&a->key, &b->key);
}

/*
 * Fills to[STORE_NEWEST], sorted; *n says how many. All other rows of the epoch come behind *end;
 * if its last is 0, there are no others. -EAGAIN: they are not noted; or another -errno.
 */
int store_newest(struct store *s, int epoch, struct store_newest *to, size_t *n,
		 struct store_newest *end);
/* Are they noted of all epochs? Else the next prune by age does it. 0, 1 or -errno. */
int store_has_newest(struct store *s);

/* --- pardons ----------------------------------------------------------------- */

struct store_pardon {
	struct prefix prefix;
	int64_t made, until; /* seconds since 1970 */
};

/* Pardons a prefix; the pardon in force for the same prefix, if any, gets this end. */
int store_pardon(struct store *s, const struct prefix *p, int64_t now, int64_t until);
/* Ends a pardon now. -ENOENT: there is none for exactly this prefix. */
int store_unpardon(struct store *s, const struct prefix *p, int64_t now);
/* Calls fn for each, also for those that have ended; a return other than 0 ends the walk. */
typedef int store_pardon_fn(const struct store_pardon *p, void *arg);
int store_each_pardon(struct store *s, store_pardon_fn *fn, void *arg);

/* --- lifts ------------------------------------------------------------------- */

/* A source has ended its listing, from its own address. */
struct store_lift {
	struct pack_key key;
	int64_t at; /* seconds since 1970 */
};

int store_lift(struct store *s, const struct store_lift *l);
/* Calls fn for each, by source and time; a return other than 0 ends the walk. */
typedef int store_lift_fn(const struct store_lift *l, void *arg);
int store_each_lift(struct store *s, store_lift_fn *fn, void *arg);

/* --- what content filters found ------------------------------------------------ */

/* Of a source and a day since 1970: a bit for each hour with spam, and with mail that was let through. */
struct store_spam {
	struct pack_key key;
	int64_t day;
	uint32_t spam, ham;
};
#define STORE_SPAM_ROWS (1 << 18) /* at most */

/* -ENOSPC: there are so many already. */
int store_spam(struct store *s, const struct pack_key *key, int64_t time, bool is_spam);
/* Calls fn for each, by source and day; a return other than 0 ends the walk. */
typedef int store_spam_fn(const struct store_spam *row, void *arg);
int store_each_spam(struct store *s, store_spam_fn *fn, void *arg);

/* --- lists ------------------------------------------------------------------- */

#define STORE_HELD 6 /* kinds of holds */

struct store_list {
	int64_t time;              /* of the list, seconds since 1970 */
	int64_t since;             /* of its first entry; 0: it never had one */
	uint64_t entries;          /* in the list */
	uint64_t held[STORE_HELD]; /* sources that were held back, by enum hold */
	uint64_t grown;            /* sources that were added within the day before now */
};

/* The list with this path; -ENOENT: there is none. */
int store_list(struct store *s, const char *path, int64_t now, struct store_list *l);
/* added: sources added at l->time, or (negative) undone; l->grown is ignored. */
int store_set_list(struct store *s, const char *path, const struct store_list *l, int64_t added);
/* Drops all that is known of it. -ENOENT: nothing is. */
int store_forget_list(struct store *s, const char *path);
/* Calls fn for each, sorted by path; a return other than 0 ends the walk. */
typedef int store_list_fn(const char *path, const struct store_list *l, void *arg);
int store_each_list(struct store *s, int64_t now, store_list_fn *fn, void *arg);

/* --- history ------------------------------------------------------------------ */

/*
 * What is counted by the hour, without any source. Append-only: the numbers are stored.
 */
enum store_count {
	COUNT_LOW, /* SYNs to the low fake, as far as they were noted; and so on by role */
	COUNT_REAL,
	COUNT_HIGH,
	COUNT_DIALOGUES, /* hours in which a source had dialogues at a high fake */
	COUNT_DATA,      /* connections to the real MX that carried data */
	COUNT_WALKS,
	COUNT_ACCEPTED,   /* contacts imported as accepted mail */
	COUNT_REFUSED,    /* sources that the real MX refused, by its log */
	COUNT_BACK,       /* sources tempfailed then that were at the real MX within a week */
	COUNT_NEVER_BACK, /* the same that were not */
	COUNT_LISTED,     /* additions to the list that had the most of them */
	COUNT_REMOVED,
	COUNT_ENTRIES, /* of the longest list; the most in this hour */
	STORE_COUNTS
};
extern const char *const store_count_names[STORE_COUNTS]; /* a word each, for scripts */
#define STORE_HISTORY_HOURS (2 * 366 * 24)

/* Hours since 1970. Both do nothing for 0; the second stores the larger count. */
int store_count_more(struct store *s, enum store_count kind, int64_t hour, uint64_t count);
int store_count_most(struct store *s, enum store_count kind, int64_t hour, uint64_t count);
/* Calls fn for each from one hour to another one; a return other than 0 ends the walk. */
typedef int store_count_fn(enum store_count kind, int64_t hour, uint64_t count, void *arg);
int store_each_count(struct store *s, int64_t from, int64_t to, store_count_fn *fn, void *arg);

/* --- levels -------------------------------------------------------------------- */

/* How much there is of something, as it was counted last. Names are words of this program. */
#define STORE_LEVEL 64
int store_set_level(struct store *s, const char *name, uint64_t count);
/* Calls fn for each, by name; a return other than 0 ends the walk. */
typedef int store_level_fn(const char *name, uint64_t count, void *arg);
int store_each_level(struct store *s, store_level_fn *fn, void *arg);

/* --- gaps -------------------------------------------------------------------- */

/*
 * The intervals of an epoch follow each other. A new interval whose counters are those of
 * the last one only extends it.
 */
int store_last_gaps(struct store *s, int epoch, struct gap *gap); /* -ENOENT: none so far */
int store_add_gaps(struct store *s, int epoch, const struct gap *gap);
/* Calls fn for each interval, by epoch and time; a return other than 0 ends the walk. */
typedef int store_gaps_fn(int epoch, const struct gap *gap, void *arg);
int store_each_gaps(struct store *s, store_gaps_fn *fn, void *arg);

/* Wrong acknowledgements of all sources in an hour; the larger number is stored. */
int store_add_bad_acks(struct store *s, int epoch, uint32_t hour, uint64_t count);
typedef int store_bad_acks_fn(int epoch, uint32_t hour, uint64_t count, void *arg);
int store_each_bad_acks(struct store *s, store_bad_acks_fn *fn, void *arg);

/* --- the site ---------------------------------------------------------------- */

/* Connections to the real MX in an hour, by family; the larger numbers are stored. */
int store_add_real(struct store *s, int epoch, int family, const struct nolist_real *real);
typedef int store_real_fn(int epoch, int family, const struct nolist_real *real, void *arg);
int store_each_real(struct store *s, store_real_fn *fn, void *arg);

/* Which MX addresses came in force, and when: mx as in struct nolist_change. */
int store_add_change(struct store *s, int epoch, uint32_t at_s, uint64_t mx);
typedef int store_change_fn(int epoch, uint32_t at_s, uint64_t mx, void *arg);
int store_each_change(struct store *s, store_change_fn *fn, void *arg);

#endif
