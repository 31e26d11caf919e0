/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the table of sources that are listed at the real MX (bpf/block.h). What is put first
 * counts: an allow list before all others, then one list after the other.
 */
#ifndef NOLIST_ENFORCE_TABLE_H
#define NOLIST_ENFORCE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "bpf/block.h"
#include "user/base/addr.h"

struct block_table {
	struct nolist_block_line *line;
	size_t lines;
	size_t bytes; /* of what the kernel holds */
};

struct block_maker; /* the prefixes that are put in, in their order */

/* All return 0 or -errno and print nothing; block_maker_free() accepts NULL. */
int block_maker_new(struct block_maker **mp);
void block_maker_free(struct block_maker *m);
/*
 * -ERANGE: wider than a table can hold, which is for IPv4 a /1 and for IPv6 a /19, unless it is
 * allowed: then it is left out of the table, and whoever puts lists leaves out what is in it.
 */
int block_maker_put(struct block_maker *m, const struct prefix *p, enum nolist_action act);
size_t block_maker_count(const struct block_maker *m);
/* Fills the table but for the times and the mode of its head. */
int block_maker_make(const struct block_maker *m, struct block_table *t);
void block_table_free(struct block_table *t);

/*
 * Takes a prefix off a table that is in force: act is NOLIST_ACT_NONE, or another one. Safe while
 * the kernel reads. -ENOSPC: there is no place for its entry, and the table has to be made anew.
 */
int block_table_change(struct nolist_block_line *line, size_t lines, const struct prefix *p,
		       enum nolist_action act);
/* What the table says of a source. */
enum nolist_action block_table_find(const struct nolist_block_line *line, size_t lines,
				    const struct nolist_source *src);

#endif
