/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of prefixes, each with a reason: the never-list, the allow lists of files,
 * pardons, and networks of providers.
 *
 * A source is in a set when the two overlap: an IPv6 /64 also when only one
 * address in it is there.
 */
#ifndef NOLIST_PREFIX_SET_H
#define NOLIST_PREFIX_SET_H

#include <stdbool.h>
#include <stdint.h>
#include "user/base/addr.h"

struct prefix_set;

struct prefix_entry {
	struct prefix prefix;
	const char *why;   /* what it is, or the file it is from */
	unsigned int line; /* in that file; 0: built in */
	int64_t until;     /* of a pardon; 0: for ever */
};

/* All return 0 or -errno and print nothing; prefix_set_free() is safe on NULL. */
int prefix_set_new(struct prefix_set **setp);
void prefix_set_free(struct prefix_set *set);

int prefix_set_add(struct prefix_set *set, const struct prefix *p, const char *why);
/* The same, where the reason has an end, which prefix_set_find() tells. */
int prefix_set_add_until(struct prefix_set *set, const struct prefix *p, const char *why, int64_t until);
/* The same, where prefix_set_except() may take it, or what is in it, out again. */
int prefix_set_add_optional(struct prefix_set *set, const struct prefix *p, const char *why);
int prefix_set_except(struct prefix_set *set, const struct prefix *p);
/*
 * A file with an address or prefix a line; # begins a comment. *line is the line
 * that is wrong (-EINVAL), or 0. After an error the set is of no use.
 */
int prefix_set_add_file(struct prefix_set *set, const char *file, unsigned int *line);
/* To be called once after the last addition, before prefix_set_find(). */
int prefix_set_sort(struct prefix_set *set);
/* The entry that a source is in, or NULL. */
const struct prefix_entry *prefix_set_find(const struct prefix_set *set, const struct nolist_source *src);

#endif
