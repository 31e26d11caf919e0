// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sender that is refused is tempfailed at most, and so walks on: it stays known, and a table
 * that is braked stays braked while it is wrong.
 */
#include "user/enforce/brake.h"

/* The families (0: IPv4, 1: IPv6) in which a sender can walk. */
static void find_walks(const struct conf *c, bool walks[2])
{
	int i;

	for (i = 0; i < c->mxs; i++)
		if (c->mx[i].role == NOLIST_LOW)
			walks[!addr_is_ip4(&c->mx[i].addr)] = true;
}

int brake_count(struct brake *b, struct judge *j, const struct block_table *t)
{
	bool walks[2] = {};
	struct record r;
	int64_t last;

	*b = (struct brake){};
	find_walks(j->conf, walks);
	judge_start_records(j, EVIDENCE_VERIFIED);
	while (judge_next_record(j, &r)) {
		last = walks[!addr_is_ip4(&r.src.addr)] ? r.walk.last : r.data.last;
		if (!last || last < j->now - (int64_t)BRAKE_S)
			continue;
		b->senders++;
		switch (block_table_find(t->line, t->lines, &r.src)) {
		case NOLIST_ACT_TEMPFAIL:
		case NOLIST_ACT_RESET:
		case NOLIST_ACT_DROP:
		case NOLIST_ACT_TARPIT:
			b->refused++;
			break;
		default:
			break;
		}
	}
	return judge_end(j);
}

bool brake_pulls(const struct brake *b, unsigned int percent)
{
	return percent && b->refused >= BRAKE_LEAST &&
	       100ull * b->refused >= (unsigned long long)percent * b->senders;
}
