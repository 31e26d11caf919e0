/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of prefixes, each with a reason: the never-list, the allow lists of files,
 * pardons, and networks of providers.
 *
 * A source is in a set if it overlaps one of its prefixes: an IPv6 /64 also if the
 * set has only one address of it.
 */
#ifndef NOLIST_PREFIX_SET_H
#define NOLIST_PREFIX_SET_H

#include <stdbool.h>
#include <stdint.h>
#include "user/base/addr.h"

struct prefix_set;

struct prefix_entry {
	struct prefix prefix;
	const char *why;   /* the reason, or the file that it is from */
	unsigned int line; /* in that file; 0: built in */
	bool is_optional;  /* prefix_set_except() may except addresses from it */
	int64_t until;     /* end of a pardon, seconds since 1970; 0: no end */
};

/*
 * All return 0 or -errno and print nothing; prefix_set_free() accepts NULL. Reasons are not
 * copied: they must be valid as long as the set.
 */
int prefix_set_new(struct prefix_set **setp);
void prefix_set_free(struct prefix_set *set);

int prefix_set_add(struct prefix_set *set, const struct prefix *p, const char *why);
/* The same with an end, which is only stored: prefix_set_find() returns it. */
int prefix_set_add_until(struct prefix_set *set, const struct prefix *p, const char *why,
			 int64_t until);
/* The same, but prefix_set_except() may except all of it, or parts. */
int prefix_set_add_optional(struct prefix_set *set, const struct prefix *p, const char *why);
int prefix_set_except(struct prefix_set *set, const struct prefix *p);
/* The name of a file, copied, which is valid as long as the set; or NULL. */
const char *prefix_set_name(struct prefix_set *set, const char *file);
/* Adds what stands in a line of that file. */
int prefix_set_add_line(struct prefix_set *set, const struct prefix *p, const char *name,
			unsigned int line);
/* To be called once after the last addition, before prefix_set_find(). */
int prefix_set_sort(struct prefix_set *set);
/* Calls fn for each entry, or for what is left of it by prefix_set_except(), in no order; a return other than 0 ends that, and is returned. */
typedef int prefix_set_fn(const struct prefix_entry *entry, void *arg);
int prefix_set_each(const struct prefix_set *set, prefix_set_fn *fn, void *arg);
/* The entry that a source is in, or NULL. */
const struct prefix_entry *prefix_set_find(const struct prefix_set *set,
					   const struct nolist_source *src);

#endif
