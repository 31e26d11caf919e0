/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of others that consists of lines, read in a process that can do nothing else; and the
 * sets that are made of such text.
 */
#ifndef NOLIST_CONFINED_LINES_H
#define NOLIST_CONFINED_LINES_H

#include "user/base/domain_set.h"
#include "user/base/lines.h"
#include "user/base/prefix_set.h"

#define CONFINED_VALUE 128 /* bytes of a value, at most */

struct confined_lines {
	size_t size; /* of a value */
	/* In that process: makes a value, all zero before, of a line. 0, or -EINVAL: it is wrong. */
	int (*parse)(char *line, void *value);
	/*
	 * Here: checks a value, of which any byte may be wrong, and takes it. 0; -EINVAL: so the
	 * line is wrong, too; another -errno ends the walk.
	 */
	int (*take)(const void *value, unsigned int line, void *arg);
};

/*
 * Takes each line; *bad counts the wrong ones, as with lines_each(). 0 or -errno, explained by
 * failure_of() but for what take() has returned.
 */
int confined_lines(const char *text, size_t size, const struct confined_lines *how, void *arg,
		   struct lines_bad *bad);

/* Adds one domain a line, as confined_lines(); also -ENOMEM and -E2BIG, as domain_set_add(). */
int confined_domains(struct domain_set *set, const char *text, size_t size,
		     struct lines_bad *bad);
/* Adds one address or prefix a line, of a file with this name; also -ENOMEM. */
int confined_prefixes(struct prefix_set *set, const char *file, const char *text, size_t size,
		      struct lines_bad *bad);

#endif
