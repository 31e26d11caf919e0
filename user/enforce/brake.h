/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The brake: is a table wrong? It is if it would refuse many of the senders that are known to
 * be real: nobody can forge these, so nobody can pull the brake either.
 */
#ifndef NOLIST_ENFORCE_BRAKE_H
#define NOLIST_ENFORCE_BRAKE_H

#include "user/enforce/table.h"
#include "user/judge/judge.h"

#define BRAKE_S DAY_S /* how far it looks back */
#define BRAKE_LEAST 5 /* so many of them are too many, if their share is */

struct brake {
	unsigned int senders, refused;
};

/*
 * Of the senders of the last day: in a family with a low fake those that walked, else those that
 * sent data to the real MX. A walk over the evidence; 0 or -errno, explained by failure_of().
 */
int brake_count(struct brake *b, struct judge *j, const struct block_table *t);
/* percent: the share that is too much; 0: none is. */
bool brake_pulls(const struct brake *b, unsigned int percent);

#endif
