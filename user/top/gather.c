// SPDX-License-Identifier: GPL-2.0-only
/*
 * The newest dialogues and listings, and what holds others back: as show, explain and status have
 * it. The best rows are picked while all sources are walked over once, so that millions of them
 * need no memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/report/explain.h"
#include "user/report/judging.h"
#include "user/report/show.h"
#include "user/store/store.h"
#include "user/top/private.h"

/* The first key is the view's own; the others are those of show. */
const char *top_key(unsigned int i)
{
	return i ? show_key(i - 1) : "dialogue";
}

static int64_t key_of(const struct top_query *q, const struct judged *of)
{
	return q->key ? show_key_of(q->key - 1, of) : of->r.talk.last;
}

static bool is_wanted(const struct top_query *q, const struct judged *of)
{
	if (q->family && (q->family == 4) != addr_is_ip4(&of->r.src.addr))
		return false;
	return show_is_at(of, q->role) && (q->key || of->r.talk.last);
}

/*
 * Where an element with this key belongs among n of size bytes that begin with source and key, the
 * greatest first; equal keys stay in the order of addresses. -1: nowhere.
 */
static int place(void *rows, int *n, size_t size, int64_t key)
{
	char *row = rows;
	int i = *n;

	while (i && ((struct top_row *)(row + (i - 1) * size))->key < key)
		i--;
	if (i == TOP_ROWS)
		return -1;
	if (*n < TOP_ROWS)
		(*n)++;
	memmove(row + (i + 1) * size, row + i * size, (*n - 1 - i) * size);
	return i;
}

_Static_assert(offsetof(struct top_row, key) == offsetof(struct top_listing, key), "place()");

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add_row(struct top_view *v, const struct judged *of, int64_t key)
{
	const struct record *r = &of->r;
	int i = place(v->row, &v->rows, sizeof(*v->row), key);

	if (i < 0)
		return;
	v->row[i] = (struct top_row){
		.src = r->src,
		.key = key,
		.last = later(later(r->low.when.last, r->real.when.last),
			      later(r->high.when.last, later(r->data.last, r->talk.last))),
		.talk = r->talk.last,
		.low = r->low.opens,
		.real = r->real.opens,
		.high = r->high.opens,
		.data = r->data_count,
		.hours = r->talk_hours,
		.is = of->v.is,
	};
}

/* The newest first; of one that is held and was never listed it is the time of its last dialogue. */
static void add_listing(struct top_view *v, const struct judged *of)
{
	int64_t key = of->v.since ? of->v.since : of->r.talk.last;
	int i = place(v->listing, &v->listings, sizeof(*v->listing), key);

	if (i >= 0)
		v->listing[i] = (struct top_listing){
			.src = of->r.src,
			.key = key,
			.since = of->v.since,
			.until = of->v.until,
			.strong = of->v.strong,
			.weak = of->v.weak,
			.tier = verdict_tier(&of->v),
			.hold = of->hold,
		};
}

static int walk(struct top_view *v, struct judge *j, const struct top_query *q)
{
	bool needs_all = q->key || q->role;
	struct judged of;

	judge_start(j, needs_all ? EVIDENCE_ALL : EVIDENCE_VERIFIED);
	while (judge_next(j, &of)) {
		bool is_listed = of.hold == HOLD_NONE && verdict_is_listed(&of.v, false);

		v->sources++;
		v->listed += is_listed;
		if (of.hold < HOLDS)
			v->held[of.hold]++;
		if (!is_wanted(q, &of))
			continue;
		add_row(v, &of, key_of(q, &of));
		if (is_listed || of.hold < HOLDS)
			add_listing(v, &of);
	}
	return judge_end(j);
}

static void see_site(struct top_view *v, const struct judge *j)
{
	int f;

	v->now = j->now;
	v->learning_until = site_learning_until(&j->site, j->now);
	for (f = 0; f < 2; f++) {
		if (!j->site.family[f].has_real)
			continue;
		v->is_unseen[f] = !judge_is_seen(j, f);
		v->is_unhealthy[f] = site_is_unhealthy(&j->site, f, j->now);
	}
}

static int on_list(const char *path, const struct store_list *l, void *arg)
{
	struct top_view *v = arg;

	(void)path;
	v->entries += l->entries;
	v->grown += l->grown;
	v->held_growth += l->held[HOLD_GROWTH];
	return 0;
}

/* What dump noted of the lists, and how full the tables are; neither need be there. */
static int see_rest(struct top_view *v, const struct top_options *o)
{
	struct store *store = NULL;
	struct kern *k = NULL;
	int error = store_open(&store, o->state_dir, STORE_READ);

	if (!error)
		error = store_each_list(store, v->now, on_list, v);
	store_close(store);
	if (error && error != -ENOENT)
		return error;
	error = kern_open(&k, o->pin_dir);
	if (!error)
		error = kern_fill(k, &v->fill);
	kern_close(k);
	return error == -ENOENT ? 0 : error;
}

void top_gather(struct top_view *v, const struct top_options *o, const struct top_query *q)
{
	struct judge_options options = { .conf = o->conf, .state_dir = o->state_dir };
	struct judge j;

	*v = (struct top_view){};
	v->error = judging_open(&j, &options, o->pin_dir);
	v->notes = j.files.notes + j.files.unnoted;
	if (!v->error) {
		see_site(v, &j);
		v->error = walk(v, &j, q);
	}
	judge_close(&j);
	if (!v->error)
		v->error = see_rest(v, o);
	if (v->error)
		snprintf(v->why, sizeof(v->why), "%.255s", failure_of(v->error)->what);
}

void top_explain(const struct top_options *o, const struct nolist_source *src)
{
	struct judge_options options = { .conf = o->conf, .state_dir = o->state_dir };
	struct explain e;
	struct judge j;
	int error = judging_open(&j, &options, o->pin_dir);

	if (!error) {
		error = explain_gather(&e, &j, &src->addr);
		if (!error)
			explain_text(&e);
		explain_free(&e);
	}
	judge_close(&j);
	if (error)
		printf("%s\n", failure_of(error)->what);
}
