/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a file of origins, and answers about it (user/origin/protocol.h): all of a program that has no
 * rights and no other file.
 *
 * Functions return 0 or -errno.
 */
#ifndef NOLIST_LOCATE_H
#define NOLIST_LOCATE_H

#include <stdio.h>
#include "user/origin/origin.h"

/* --- entries.c: networks that may lie in each other; the narrowest one counts ------------------ */

struct entry {
	struct prefix network;
	char country[3];
	uint32_t as;
	uint32_t owner; /* where its name is */
	long around; /* the narrowest entry that has this one in it, or -1 */
};

struct entries {
	struct entry *entry; /* by address, wider ones first */
	size_t n;
	char *names; /* each with a zero byte behind it; the first one is "" */
	size_t names_size, last; /* where the last one is */
};

#define ENTRIES_MAX (16u << 20)

int entries_name(struct entries *t, const char *text, uint32_t *where); /* keeps a name */
int entries_add(struct entries *t, const struct entry *e);
void entries_sort(struct entries *t); /* once, before the next two */
void entries_find(const struct entries *t, const struct nolist_source *src, struct origin *o);
/* As origin_networks(). */
int entries_networks(const struct entries *t, const struct origin_key *key, size_t keys, origin_network_fn *fn,
		     void *arg);
void entries_free(struct entries *t);

/* --- csv.c: lines ------------------------------------------------------------------------------ */

/*
 * Adds what lines NETWORK,AS,COUNTRY[,OWNER] or FIRST,LAST,COUNTRY say. -EINVAL: *line is wrong.
 */
int csv_read(struct entries *t, const char *text, size_t size, unsigned int *line);

/* --- libloc.c: a database of libloc ------------------------------------------------------------ */

struct libloc;

bool libloc_is(FILE *f); /* is it one? */
/* Takes f over. -EINVAL: it is not whole. libloc_close() is always safe afterwards. */
int libloc_open(struct libloc **lp, FILE *f);
void libloc_close(struct libloc *l); /* accepts NULL */
int64_t libloc_made(struct libloc *l);
int libloc_find(struct libloc *l, const struct nolist_source *src, struct origin *o);
int libloc_entries(struct libloc *l, struct entries *t); /* all of its networks */

#endif
