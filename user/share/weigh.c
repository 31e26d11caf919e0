// SPDX-License-Identifier: GPL-2.0-only
/*
 * Weighs the alibis of each operator before anybody is judged: one that claims to have seen data from
 * everybody would empty the list. For each source that others would list, and for which only one
 * operator speaks, it is counted who that is. One that speaks alone for too many of them is muted.
 * And of each operator is counted what it has seen offend, and what became of that, for the limits of
 * operators.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/share/harvest.h"
#include "user/share/operators.h"

#define ALONE_MIN 100   /* so many anyone may take off */
#define ALONE_PERCENT 5 /* and so many of all that would be listed */
#define NONE UINT32_MAX

/* The one operator that has seen data of the source, or of its neighbours; NONE: none, or several. */
static unsigned int speaker(const struct harvest *h, unsigned int sides, const struct judged *of)
{
	unsigned int voice = of->n.count ? walk_sole(h, &of->r.src) : NONE, i;
	bool is_there = of->n.count;

	for (i = 0; i < sides; i++) {
		if (!h->side[i].r.data.first)
			continue;
		if (is_there && h->voice[i] != voice)
			return NONE;
		voice = h->voice[i];
		is_there = true;
	}
	return voice;
}

/* Would it be listed without all that this operator says? */
static bool is_listed_without(struct harvest *h, unsigned int sides, unsigned int voice,
			      const struct neighbours *around)
{
	const struct judge *j = h->j;
	unsigned int i, n = 0;
	struct verdict v;

	for (i = 0; i < sides; i++) {
		if (h->voice[i] == voice)
			continue;
		h->rest[n] = h->side[i];
		h->rest[n++].n = around;
	}
	if (!n)
		return false;
	verdict_of_sides(h->rest, n, h->leave_out, &j->rules, j->now, &v);
	return verdict_is_listed(&v, false);
}

/* --- what an operator has seen offend ---------------------------------------------------- */

static bool has_offence(const struct record *r)
{
	unsigned int i;

	for (i = 0; i < r->hours; i++)
		if (r->hour[i].n[NOLIST_EVENT_TEMPFAILED] || r->hour[i].n[NOLIST_EVENT_TEMPFAILED_WEAK])
			return true;
	return false;
}

static bool has_data(const struct record *r)
{
	return r->data.first;
}

/* Is this side the first of its operator of which this is so? */
static bool is_first(const struct harvest *h, unsigned int i, bool (*is_so)(const struct record *r))
{
	unsigned int k;

	if (!is_so(&h->side[i].r))
		return false;
	for (k = 0; k < i; k++)
		if (h->voice[k] == h->voice[i] && is_so(&h->side[k].r))
			return false;
	return true;
}

/* Have more other operators seen data of the source than may lie? */
static bool is_acquitted(const struct harvest *h, unsigned int sides, unsigned int voice)
{
	unsigned int i, others = 0;

	for (i = 0; i < sides; i++)
		others += h->voice[i] != voice && is_first(h, i, has_data);
	return others > h->leave_out;
}

/*
 * Has its listing ended before its time, or is it pardoned? This is counted, and holds nobody: a bot can walk
 * and lift its listing as well, and a pardon of a network says little of each source in it.
 */
static bool is_freed(const struct harvest *h, const struct judged *of)
{
	return of->v.freed || (verdict_is_listed(&of->v, false) && judge_pardon(h->j, &of->r.src));
}

static void count_operators(struct harvest *h, unsigned int sides, const struct judged *of)
{
	bool is_listed = verdict_is_listed(&of->v, false), is_off = is_freed(h, of);
	unsigned int i;

	for (i = 0; i < sides; i++) {
		struct operator *o = &h->nodes->operator[h->voice[i]];
		bool is_wrong;

		if (!is_first(h, i, has_offence))
			continue;
		is_wrong = is_acquitted(h, sides, h->voice[i]);
		o->seen++;
		o->listed += is_listed;
		o->acquitted += is_wrong;
		o->freed += is_off && !is_wrong;
		if (is_listed && h->weight)
			o->decisive += !is_listed_without(h, sides, h->voice[i], h->side[i].n);
	}
}

/* --- all of them -------------------------------------------------------------------------- */

static void weigh_source(struct harvest *h, unsigned int sides, size_t *alone, size_t *listed)
{
	const struct judge *j = h->j;
	struct judged of = { .r = h->side[0].r };
	unsigned int i, voice;

	judge_neighbours(j, &of);
	voice = speaker(h, sides, &of);
	for (i = 0; i < sides; i++)
		h->side[i].n = of.n.count ? &of.n : NULL;
	verdict_of_sides(h->side, sides, h->leave_out, &j->rules, j->now, &of.v);
	count_operators(h, sides, &of);
	if (verdict_is_listed(&of.v, false))
		++*listed;
	else if (voice != NONE)
		alone[voice] += is_listed_without(h, sides, voice, NULL);
}

static void mute(struct harvest *h, unsigned int voice, size_t alone)
{
	size_t i;

	for (i = 0; i < h->reports; i++) {
		struct report *r = &h->report[i];

		if (r->node->voice != voice || r->state != NODE_USED)
			continue;
		r->state = NODE_MUTED;
		r->alone = alone;
		h->used--;
	}
}

/* Without some of its nodes it would only seem to have fewer. */
static bool is_whole(const struct harvest *h, unsigned int voice)
{
	size_t i;

	for (i = 0; i < h->reports; i++)
		if (h->report[i].node->voice == voice && h->report[i].state != NODE_USED)
			return false;
	return true;
}

/* Its evidence counts as if all that might excuse it were lost. */
static void hold_operators(struct harvest *h, size_t listed)
{
	const struct operator_limits limits = { &h->j->rules, h->leave_out, h->weight, listed, h->j->now };
	size_t i;

	for (i = 0; i < h->nodes->operators; i++)
		if (is_whole(h, i))
			operator_settle(&h->nodes->operator[i], &limits);
	for (i = 0; i < h->reports; i++)
		if (*operator_reason(&h->nodes->operator[h->report[i].node->voice]))
			harvest_lose(&h->report[i]);
}

static void forget_counts(struct nodes *nodes)
{
	size_t i;

	for (i = 0; i < nodes->operators; i++) {
		struct operator *o = &nodes->operator[i];

		o->seen = o->listed = o->acquitted = o->freed = o->decisive = 0;
	}
}

int harvest_weigh(struct harvest *h)
{
	size_t *alone = calloc(h->nodes->n, sizeof(*alone)), listed = 0, i;
	unsigned int sides;
	int error = alone ? 0 : fail(-ENOMEM, "cannot hold what the nodes have shared");

	forget_counts(h->nodes);
	harvest_start(h);
	while (!error && (sides = walk_next(h, &error)))
		weigh_source(h, sides, alone, &listed);
	for (i = 0; i < h->nodes->n && !error && h->leave_out; i++)
		if (alone[i] > ALONE_MIN && alone[i] * 100 > ALONE_PERCENT * (listed + alone[i]))
			mute(h, i, alone[i]);
	if (!error)
		hold_operators(h, listed);
	free(alone);
	return error;
}
