/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a source comes from: its autonomous system, country, network and owner, by a file that the
 * administrator names. It is read where it lies and never shipped. It is never a verdict.
 *
 * The file is other people's, so a program of its own reads it (user/locate/) and answers here.
 * Functions return 0 or -errno, explained by failure_of().
 */
#ifndef NOLIST_ORIGIN_H
#define NOLIST_ORIGIN_H

#include <stddef.h>
#include <stdint.h>
#include "user/base/addr.h"

#define ORIGIN_DATABASE "/usr/share/libloc-location/location.db" /* of Debian's libloc-database */
#define ORIGIN_OLD_S (90ll * 24 * NOLIST_HOUR)
#define ORIGIN_OWNER 40
#define ORIGIN_KEY 16 /* bytes of a key as text */

struct origin {
	uint32_t as;             /* 0: unknown, or not routed */
	char country[3];         /* two capital letters; "": unknown */
	struct prefix network;   /* that the file has; length 0: none */
	char owner[ORIGIN_OWNER]; /* printable ASCII without '"', ',' and '\\'; "": unknown */
};

struct origin_file;

/* Starts the program; origin_close() is always safe afterwards. */
int origin_open(struct origin_file **fp, const char *file);
void origin_close(struct origin_file *f); /* accepts NULL */
int64_t origin_made(const struct origin_file *f); /* when, in seconds since 1970 */
/* The narrowest network of the file that has each of n sources; all zero where none has. */
int origin_find(struct origin_file *f, const struct nolist_source *src, size_t n, struct origin *o);

/* --- keys: an autonomous system, or a country ------------------------------------------------ */

struct origin_key {
	uint32_t as;     /* 0: a country */
	char country[3]; /* "", if as is 0, too: unknown */
};

enum origin_by { ORIGIN_AS, ORIGIN_COUNTRY };

/* "AS64496" or "DE": 0 or -EINVAL. */
int origin_key_parse(const char *text, struct origin_key *key);
const char *origin_key_text(const struct origin_key *key, char text[ORIGIN_KEY]); /* or "unknown" */
struct origin_key origin_key_of(const struct origin *o, enum origin_by by);
int origin_key_compare(const struct origin_key *a, const struct origin_key *b);

typedef int origin_network_fn(const struct prefix *network, void *arg);
/*
 * All networks of so many keys, in the order of addresses, without those in them that are of another
 * key; -errno of fn ends it.
 */
int origin_networks(struct origin_file *f, const struct origin_key *key, size_t n, origin_network_fn *fn,
		    void *arg);

/* --- text.c: text of the file ---------------------------------------------------------------- */

/* Takes two letters for a country, nothing else: "T1", "??" or "ZZ" is none. */
void origin_set_country(char country[3], const char *code);
/* At most so many bytes of it; what is not harmless becomes '?'. */
void origin_set_owner(char owner[ORIGIN_OWNER], const char *text, size_t size);

/* --- count.c ----------------------------------------------------------------------------------- */

/* Sources of one key. */
struct origin_row {
	struct origin_key key;
	uint32_t listed, verified, accepted;
};

struct origin_count {
	struct origin_row *row;
	size_t rows;
};

/* One source: is it listed, or else was it at the real MX with data; was mail of it accepted? */
int origin_count_add(struct origin_count *c, const struct origin_key *key, bool is_listed, bool is_verified,
		     bool is_accepted);
/* Makes one row of each key, most listed first. To be called once. */
void origin_count_sum(struct origin_count *c);
void origin_count_free(struct origin_count *c);

#endif
