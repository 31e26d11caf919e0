// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence over all sources: the gaps in it, floods, and wrong acknowledgements.
 *
 * When a counter of lost evidence has grown between two readings, the whole time between them is
 * a gap. So is each time in which the program was detached (kernel/detached.c), and the time from
 * the last reading of tables that are gone until the next tables were created.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/evidence/private.h"

struct gathering {
	struct evidence *e;
	int epoch;         /* number, or -1 */
	struct gap before; /* the interval before, of that epoch */
};

int64_t evidence_wall(const struct evidence_epoch *epoch, uint32_t at)
{
	return (at ? (int64_t)at - 1 : 0) + epoch->epoch.wall_s;
}

static int add_span(struct evidence *e, int64_t first, int64_t last, enum gap_why why)
{
	struct evidence_gap *grown = reallocarray(e->gap, e->n_gaps + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	e->gap = grown;
	e->gap[e->n_gaps++] = (struct evidence_gap){ { first, last > first ? last : first }, why };
	return 0;
}

static int add_flood(struct evidence *e, enum flood_of of, struct span when)
{
	if (array_grow(&e->flood[of], e->floods[of], sizeof(*e->flood[of])))
		return -ENOMEM;
	e->flood[of][e->floods[of]++] = when;
	return 0;
}

/* Adds what may have been lost of contacts, which is no gap in the verified evidence. */
static int add_contacts(struct evidence *e, const struct evidence_epoch *epoch,
			const struct gap *before, const struct gap *gap)
{
	bool is_low = gap->contacts_limited[PACK_LOW] > before->contacts_limited[PACK_LOW] ||
		      gap->contacts_evicted > before->contacts_evicted;
	struct span when = { evidence_wall(epoch, gap->from_s), evidence_wall(epoch, gap->to_s) };
	int error = 0;

	if (is_low)
		error = add_flood(e, FLOOD_LOW, when);
	if (!error && gap_is_flood(gap, before))
		error = add_flood(e, FLOOD_ANY, when);
	return error;
}

/* Adds the gaps of an interval: where its counters have grown since the one before. */
static int add_interval(struct evidence *e, const struct evidence_epoch *epoch,
			const struct gap *before, const struct gap *gap)
{
	int error = add_contacts(e, epoch, before, gap);

	if (gap->verified_lost > before->verified_lost && !error)
		error = add_span(e, evidence_wall(epoch, gap->from_s),
				 evidence_wall(epoch, gap->verified_lost_s), GAP_FULL);
	/* A source that was idle since the last reading is in that reading. */
	if (gap->evicted > before->evicted && gap->evicted_s > gap->from_s && !error)
		error = add_span(e, evidence_wall(epoch, gap->from_s),
				 evidence_wall(epoch, gap->evicted_s), GAP_FULL);
	if (gap->detached > before->detached && !error)
		error = add_span(e, evidence_wall(epoch, gap->from_s),
				 evidence_wall(epoch, gap->detached_s), GAP_DETACHED);
	return error;
}

static int on_gaps(int id, const struct gap *gap, void *arg)
{
	struct gathering *g = arg;
	struct evidence *e = g->e;
	int i, error;

	for (i = 0; i < e->epochs && (!e->epoch[i].stored || e->epoch[i].stored->id != id); i++)
		;
	if (i == e->epochs)
		return -EBADMSG;
	if (i != g->epoch)
		g->before = (struct gap){};
	g->epoch = i;
	error = add_interval(e, &e->epoch[i], &g->before, gap);
	g->before = *gap;
	e->epoch[i].last = *gap;
	return error;
}

static int add_live_gaps(struct evidence *e, const struct evidence_epoch *epoch)
{
	const struct snapshot_stats *stats = snapshot_stats(e->tables, epoch->table);
	struct gap gap = stats->gaps;
	unsigned int i;
	int error;

	gap.from_s = epoch->last.to_s;
	/* Of a sample: are they evicted while young, or not? */
	if ((stats->contacts_evicted_s[0] > gap.from_s) != (stats->contacts_evicted_s[1] > gap.from_s))
		return -EAGAIN;
	gap.detached = epoch->last.detached;
	gap_evicted(&gap, &epoch->last);
	error = add_interval(e, epoch, &epoch->last, &gap);
	for (i = 0; i < stats->detacheds && !error; i++) {
		uint32_t from_s = stats->detached[i].first, to_s = stats->detached[i].last;

		/* Else it is stored. */
		if (to_s > epoch->last.to_s ||
		    (to_s == epoch->last.to_s && epoch->last.detached_s != to_s))
			error = add_span(e,
					 evidence_wall(epoch, from_s ? from_s : epoch->last.to_s),
					 evidence_wall(epoch, to_s), GAP_DETACHED);
	}
	return error;
}

/*
 * Tables that are gone took with them what was not collected. Tables that were stored
 * completely, and imported evidence, leave no gap.
 */
static int add_gap(struct evidence *e, const struct evidence_epoch *gone)
{
	int64_t from = evidence_wall(gone, gone->stored->seen_s), until = INT64_MAX;
	int i;

	if (!strcmp(gone->epoch.boot, EPOCH_IMPORTED) || gone->stored->end_s)
		return 0;
	for (i = 0; i < e->epochs; i++) {
		const struct evidence_epoch *epoch = &e->epoch[i];
		int64_t begin = evidence_wall(
			epoch, epoch->table >= 0 ? snapshot_stats(e->tables, epoch->table)->begin_s
						 : epoch->stored->begin_s);

		if (epoch != gone && strcmp(epoch->epoch.boot, EPOCH_IMPORTED) && begin >= from &&
		    begin < until)
			until = begin;
	}
	return add_span(e, from, until, GAP_GONE);
}

static int compare_spans(const void *a, const void *b)
{
	const struct evidence_gap *x = a, *y = b;

	return (x->when.first > y->when.first) - (x->when.first < y->when.first);
}

static int compare_floods(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Of a flood that lasts there is one interval after the other; of other epochs at the same time. */
static void join_floods(struct evidence *e)
{
	size_t i, n;
	int of;

	for (of = 0; of < FLOODS; of++) {
		struct span *s = e->flood[of];

		if (e->floods[of])
			qsort(s, e->floods[of], sizeof(*s), compare_floods);
		for (i = n = 0; i < e->floods[of]; i++) {
			if (!n || s[i].first > s[n - 1].last)
				s[n++] = s[i];
			else if (s[i].last > s[n - 1].last)
				s[n - 1].last = s[i].last;
		}
		e->floods[of] = n;
	}
}

/* Their spans alone, for the verdict. */
static int copy_spans(struct evidence *e)
{
	size_t i;

	e->gaps = calloc(e->n_gaps + 1, sizeof(*e->gaps));
	for (i = 0; e->gaps && i < e->n_gaps; i++)
		e->gaps[i] = e->gap[i].when;
	return e->gaps ? 0 : -ENOMEM;
}

static int gather_gaps(struct evidence *e)
{
	struct gathering g = { .e = e, .epoch = -1 };
	int i, error;

	error = e->store ? store_each_gaps(e->store, on_gaps, &g) : 0;
	for (i = 0; i < e->epochs && !error; i++)
		error = e->epoch[i].table >= 0 ? add_live_gaps(e, &e->epoch[i])
					       : add_gap(e, &e->epoch[i]);
	if (e->n_gaps)
		qsort(e->gap, e->n_gaps, sizeof(*e->gap), compare_spans);
	join_floods(e);
	return error ? error : copy_spans(e);
}

/* --- wrong acknowledgements -------------------------------------------------- */

static int add_acks(struct evidence *e, int epoch, uint32_t hour, uint64_t count)
{
	int64_t start = (int64_t)(hour - 1) * HOUR_S + e->epoch[epoch].epoch.wall_s;
	struct evidence_acks *grown;

	grown = reallocarray(e->acks, e->n_acks + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	e->acks = grown;
	e->acks[e->n_acks++] = (struct evidence_acks){ start, count, epoch };
	return 0;
}

static int on_acks(int id, uint32_t hour, uint64_t count, void *arg)
{
	struct evidence *e = arg;
	int i;

	for (i = 0; i < e->epochs; i++)
		if (e->epoch[i].stored && e->epoch[i].stored->id == id) {
			return add_acks(e, i, hour, count);
		}
	return -EBADMSG;
}

static int compare_acks(const void *a, const void *b)
{
	const struct evidence_acks *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* An hour may be stored already, and the table's count has grown since: the larger one counts. */
static int add_live_acks(struct evidence *e, int epoch, const struct nolist_bad_acks *b)
{
	int64_t start = (int64_t)(b->hour - 1) * HOUR_S + e->epoch[epoch].epoch.wall_s;
	size_t i;

	for (i = 0; i < e->n_acks; i++)
		if (e->acks[i].start == start && e->acks[i].epoch == epoch) {
			if (b->count > e->acks[i].count)
				e->acks[i].count = b->count;
			return 0;
		}
	return add_acks(e, epoch, b->hour, b->count);
}

static int gather_acks(struct evidence *e)
{
	int i, k, error = e->store ? store_each_bad_acks(e->store, on_acks, e) : 0;

	for (i = 0; i < e->epochs && !error; i++) {
		const struct nolist_bad_acks *b;

		if (e->epoch[i].table < 0)
			continue;
		b = snapshot_stats(e->tables, e->epoch[i].table)->bad_acks;
		for (k = 0; k < NOLIST_HOURS && !error; k++)
			if (b[k].hour)
				error = add_live_acks(e, i, &b[k]);
	}
	if (e->n_acks)
		qsort(e->acks, e->n_acks, sizeof(*e->acks), compare_acks);
	return error;
}

int evidence_gather(struct evidence *e)
{
	int error = gather_gaps(e);

	return error ? error : gather_acks(e);
}

size_t evidence_gaps(const struct evidence *e, const struct span **gaps)
{
	*gaps = e->gaps;
	return e->n_gaps;
}

size_t evidence_floods(const struct evidence *e, enum flood_of of, const struct span **floods)
{
	*floods = e->flood[of];
	return e->floods[of];
}

enum gap_why evidence_gap_why(const struct evidence *e, size_t gap)
{
	return e->gap[gap].why;
}

size_t evidence_acks(const struct evidence *e, const struct evidence_acks **acks)
{
	*acks = e->acks;
	return e->n_acks;
}
