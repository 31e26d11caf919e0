// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts a table of listed sources in force in which these are held, at the real MX as well. A
 * helper of tests that are about what becomes of them, no test itself.
 *
 *	held DIR SOURCE...    DIR is where the tables are pinned
 */
#include <stdio.h>

#include "user/base/addr.h"
#include "user/enforce/table.h"
#include "user/kernel/kern.h"

int main(int argc, char **argv)
{
	struct nolist_block_head *h;
	struct block_maker *m;
	struct block_table t;
	struct prefix p;
	int i, error;

	if (argc < 2 || block_maker_new(&m))
		return 2;
	for (i = 2; i < argc; i++)
		if (prefix_parse(argv[i], &p) || block_maker_put(m, &p, NOLIST_ACT_TARPIT))
			return 2;
	if (block_maker_make(m, &t))
		return 2;
	h = &t.line[NOLIST_BLOCK_HEAD].head;
	h->held = NOLIST_ACT_TARPIT;
	h->until_ns = ~0ull;
	h->made_ns = kern_now_ns();
	h->prefixes = h->tarpits = argc - 2;
	error = kern_put_block(argv[1], t.line, t.lines);
	if (error)
		fprintf(stderr, "held: %d\n", error);
	return !!error;
}
