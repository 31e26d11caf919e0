// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of each hour it is counted once, a week later, how many of the sources that a high fake had
 * tempfailed were at the real MX since. That is a function of the evidence, so the store takes
 * the larger count, and it does not matter how often it is asked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/evidence/as_of.h"
#include "user/lists/history.h"

#define BACK_HOURS (7 * 24) /* a sender that comes back later is not waited for */
#define SLOTS 24            /* hours that are counted, also if no dump was run in some of them */

struct slots {
	int64_t first; /* hour since 1970 */
	uint64_t back[SLOTS], never_back[SLOTS];
};

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void history_add(struct history *h, const struct list *l)
{
	if (!l->file)
		return;
	h->has_list = true;
	memcpy(h->judged, l->judged, sizeof(h->judged));
	h->entries = larger(h->entries, l->head.count);
	if (!l->is_written)
		return;
	h->listed = larger(h->listed, l->added);
	h->removed = larger(h->removed, l->removed);
}

static void count_record(struct slots *s, const struct record *r)
{
	unsigned int i;

	for (i = 0; i < r->hours; i++) {
		const struct hour *h = &r->hour[i];
		int64_t slot = h->start / HOUR_S - s->first, back;

		if (slot < 0 || slot >= SLOTS ||
		    !(h->n[NOLIST_EVENT_TEMPFAILED] | h->n[NOLIST_EVENT_TEMPFAILED_WEAK]))
			continue;
		back = asof_after(r, RECORD_DATA, h->start);
		if (back && back < h->start + BACK_HOURS * (int64_t)HOUR_S)
			s->back[slot]++;
		else
			s->never_back[slot]++;
	}
}

static int count_back(struct slots *s, struct judge *j)
{
	struct record r;

	judge_start_records(j, EVIDENCE_VERIFIED);
	while (judge_next_record(j, &r))
		count_record(s, &r);
	return judge_end(j);
}

static int on_count(enum store_count kind, int64_t hour, uint64_t count, void *arg)
{
	(void)hour;
	(void)count;
	*(bool *)arg |= kind == COUNT_BACK || kind == COUNT_NEVER_BACK;
	return 0;
}

/* Is the newest of these hours counted already? Then the others are. */
static int is_counted(const struct slots *s, const char *state_dir, bool *is)
{
	struct store *store;
	int64_t newest = s->first + SLOTS - 1;
	int error = store_open(&store, state_dir, STORE_READ);

	*is = false;
	if (!error)
		error = store_each_count(store, newest, newest, on_count, is);
	store_close(store);
	/* The first note makes a store, or brings it up to date. */
	return error == -ENOENT || error == -EPROTO ? 0 : error;
}

static int write_all(struct store *s, const struct history *h, const struct slots *slots, int64_t hour)
{
	int i, error = store_count_more(s, COUNT_LISTED, hour, h->listed);
	char level[STORE_LEVEL];

	if (!error)
		error = store_count_more(s, COUNT_REMOVED, hour, h->removed);
	if (!error)
		error = store_count_most(s, COUNT_ENTRIES, hour, h->entries);
	for (i = 0; i < JUDGEMENTS && !error; i++) {
		snprintf(level, sizeof(level), "judged.%s", judgement_names[i]);
		error = store_set_level(s, level, h->judged[i]);
	}
	for (i = 0; i < SLOTS && !error; i++) {
		error = store_count_most(s, COUNT_BACK, slots->first + i, slots->back[i]);
		if (!error)
			error = store_count_most(s, COUNT_NEVER_BACK, slots->first + i,
						 slots->never_back[i]);
	}
	return error;
}

int history_note(const struct history *h, struct judge *j)
{
	int64_t hour = j->now / HOUR_S;
	struct slots slots = { .first = hour - BACK_HOURS - SLOTS };
	struct store *s = NULL;
	bool is_done;
	int error;

	/* Of shared evidence it is no node's own history. */
	if (!h->has_list || j->is_replay || j->given)
		return 0;
	error = is_counted(&slots, j->state_dir, &is_done);
	if (!error && !is_done)
		error = count_back(&slots, j);
	if (!error)
		error = store_open(&s, j->state_dir, STORE_NOTE);
	if (!error)
		error = store_begin(s);
	if (!error)
		error = write_all(s, h, &slots, hour);
	if (!error)
		error = store_commit(s);
	store_close(s);
	return error;
}
