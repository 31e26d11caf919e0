/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of prefixes that no list may touch: the never-list, which is built in and
 * learns the host's own surroundings, the allow lists of files, and pardons.
 *
 * A source is in a set when the two overlap: an IPv6 /64 also when only one
 * address in it is there.
 */
#ifndef NOLIST_NEVER_H
#define NOLIST_NEVER_H

#include <stdbool.h>
#include <stdint.h>
#include "user/base/addr.h"

struct never;

struct never_entry {
	struct prefix prefix;
	const char *why;   /* what it is, or the file it is from */
	unsigned int line; /* in that file; 0: built in */
	int64_t until;     /* of a pardon; 0: for ever */
};

/* All return 0 or -errno and print nothing; never_free() is safe on NULL. */
int never_new(struct never **np);
void never_free(struct never *n);

int never_add(struct never *n, const struct prefix *p, const char *why);
/* The same, where the reason has an end, which never_find() tells. */
int never_add_until(struct never *n, const struct prefix *p, const char *why, int64_t until);
/* What is nobody's mail server anywhere. */
int never_add_builtin(struct never *n);
/* This host's addresses, gateways and resolvers. */
int never_add_host(struct never *n);
/*
 * A file with an address or prefix a line; # begins a comment. *line is the line
 * that is wrong (-EINVAL), or 0. After an error the set is of no use.
 */
int never_add_file(struct never *n, const char *file, unsigned int *line);
/*
 * Takes a prefix out of the built-in list, for labs: documentation, benchmarking,
 * private and unique local space only, else -EINVAL. What was added otherwise stays.
 */
int never_except(struct never *n, const struct prefix *p);

/* Can it be taken out? */
bool never_is_lab(const struct prefix *p);

/* To be called once after the last addition, before never_find(). */
int never_sort(struct never *n);
/* The entry that a source is in, or NULL. */
const struct never_entry *never_find(const struct never *n, const struct nolist_source *src);

#endif
