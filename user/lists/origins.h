/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the sources of a list come from, for the walks that show it: asked for many at a time.
 */
#ifndef NOLIST_ORIGINS_H
#define NOLIST_ORIGINS_H

#include "user/lists/selected.h"
#include "user/origin/origin.h"

#define ORIGINS 1024

struct origins {
	struct origin_file *file; /* NULL: nothing is asked */
	const struct selected *selected;
	struct origins_some {
		struct nolist_source src[ORIGINS];
		struct origin of[ORIGINS];
	} *some;
	size_t n, at;     /* of these */
	size_t next;      /* of the selected ones */
	struct origin one;
};

void origins_start(struct origins *o, struct origin_file *file, const struct selected *selected);
/* Of the next source on the list, in their order; NULL: unknown, or not asked for. */
const struct origin *origins_next(struct origins *o, const struct nolist_source *src);
void origins_end(struct origins *o);

#endif
