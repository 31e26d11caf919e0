// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict. Input: evidence, neighbourhood, site, rules and a clock. Output: what the
 * source is, since when, until when, and the result of every check.
 *
 * offence.c says what an offence is. If no dialogue is known, the last SYN to a high fake counts as one, and the verdict is at most "suspect".
 */
#include <limits.h>
#include <string.h>

#include "user/evidence/as_of.h"
#include "user/record/span.h"
#include "user/judge/private.h"

const char *const judgement_names[JUDGEMENTS] = {
	[JUDGED_NONE] = "none",         [JUDGED_ALIBI] = "alibi",
	[JUDGED_DUAL] = "dual-stack",   [JUDGED_FEW] = "few",
	[JUDGED_WAITING] = "waiting",   [JUDGED_HELD] = "held",
	[JUDGED_EXPIRED] = "expired",   [JUDGED_SUSPECT] = "suspect",
	[JUDGED_PROBABLE] = "probable", [JUDGED_OFFENDER] = "offender",
	[JUDGED_ALLOWED] = "allowed",   [JUDGED_NEVER] = "never",
	[JUDGED_PARDONED] = "pardoned", [JUDGED_TEST] = "test",
};

const char *const check_names[CHECKS] = {
	[CHECK_OFFENCES] = "offences",
	[CHECK_LOW] = "low",
	[CHECK_REAL] = "real",
	[CHECK_DATA] = "data",
	[CHECK_NEIGHBOURS] = "neighbours",
	[CHECK_DUAL] = "dual-stack",
	[CHECK_GRACE] = "grace",
	[CHECK_GAPS] = "gaps",
	[CHECK_FLOOD] = "flood",
	[CHECK_LEARNING] = "learning",
	[CHECK_REAL_MX] = "real-mx",
	[CHECK_CURRENT] = "current",
};

bool verdict_is_listed(const struct verdict *v, bool is_unverified)
{
	return v->is == JUDGED_OFFENDER || v->is == JUDGED_PROBABLE ||
	       (is_unverified && v->is == JUDGED_SUSPECT);
}

static void answer(struct trial *t, enum check check, bool is_passed, int64_t have, int64_t need)
{
	t->v->check[check] = (struct check_result){ true, is_passed, have, need };
}

/*
 * Does an alibi excuse an offence, by what is known? The check's result holds the smallest
 * distance so far.
 */
static bool is_excused(struct trial *t, enum check check, int64_t distance,
		       const struct offence *o, unsigned int window_s)
{
	struct check_result *c = &t->v->check[check];

	if (!c->is_asked)
		answer(t, check, true, -1, window_s);
	if (distance < 0)
		return false;
	if (c->have < 0 || distance < c->have)
		c->have = distance;
	if (offence_excused(t, check, o) > t->known)
		return false;
	c->is_passed = false;
	return true;
}

/* A source is not its own neighbour. */
bool trial_has_neighbours(const struct side *s)
{
	if (!s->n || !s->n->count)
		return false;
	return s->n->count > 1 || addr_compare(&s->n->one.addr, &s->r.src.addr);
}

/*
 * When the grace is over. It runs from the offence that made them enough, even if the
 * source was never seen elsewhere: that its earlier mail did not come back does not mean
 * that the next one will not, which may be on its way. The grace pauses while a good
 * sender could not have come back: when the real MX was down, or the sender still had
 * the MX's old addresses.
 */
int64_t trial_grace_paused(const struct trial *t, const struct side *s, int64_t reached,
			   int64_t *paused)
{
	const struct site_family *f = &s->site->family[trial_family(t)];
	int64_t end = reached + t->rules->grace_s;
	size_t i;

	*paused = 0;
	for (i = 0; i < f->pauses && f->pause[i].first <= end; i++) {
		int64_t from = f->pause[i].first, for_s;

		if (f->pause[i].last < reached)
			continue;
		if (from < reached)
			from = reached;
		for_s = f->pause[i].last - from + 1;
		end += for_s;
		*paused += for_s;
	}
	return end;
}

/*
 * Was verified evidence lost between an hour before an offence and the end of its
 * grace? The lost evidence might have excused it. *lost: when; if there was no such gap,
 * when evidence was lost last (0: never).
 */
bool trial_has_gap(const struct trial *t, const struct offence *o, int64_t *lost)
{
	int64_t paused, from = o->when.first - HOUR_S;
	int64_t to = trial_grace_end(t, o->side, o->when.last, &paused);
	const struct site *site = o->side->site;
	bool is_near = false;
	size_t i;

	*lost = 0;
	for (i = 0; i < site->losts && site->lost[i].first <= t->now; i++) {
		const struct span *s = &site->lost[i];
		bool is_this = s->first <= to && s->last >= from;

		if (is_near && !is_this)
			continue;
		if (is_this && !is_near)
			*lost = 0;
		is_near |= is_this;
		if (s->last > *lost)
			*lost = s->last > t->now ? t->now : s->last;
	}
	return is_near;
}

/* Was any of it while learning? DNS caches may still have had the zone's old MX records. */
bool trial_is_learning(const struct trial *t, const struct offence *o, int64_t *last)
{
	const struct site *site = o->side->site;
	bool is_in = false;
	size_t i;

	(void)t;
	for (i = 0; i < site->learnings; i++) {
		const struct span *l = &site->learning[i];

		if (l->first > o->when.last || l->last < o->when.first)
			continue;
		*last = l->last;
		is_in = true;
	}
	return is_in;
}

static bool ask_learning(struct trial *t, const struct offence *o)
{
	struct check_result *c = &t->v->check[CHECK_LEARNING];

	if (!c->is_asked)
		answer(t, CHECK_LEARNING, true, 0, t->rules->learning_s);
	if (!trial_is_learning(t, o, &c->have))
		return false;
	c->is_passed = false;
	t->v->learning++;
	return true;
}

/* Once it is listed, contacts excuse nothing: then hidden ones do not matter either. */
static bool ask_flood(struct trial *t, const struct offence *o)
{
	struct check_result *c = &t->v->check[CHECK_FLOOD];
	bool is_listed = t->known < t->now && o->when.last >= t->known;

	if (!c->is_asked)
		answer(t, CHECK_FLOOD, true, 0, 0);
	if (!o->is_hidden || is_listed)
		return false;
	c->have = ++t->v->hidden;
	c->is_passed = false;
	return true;
}

/* May this be a sender that walked over low and real in the other address family? */
bool trial_is_dual(const struct trial *t, const struct offence *o)
{
	return !o->side->site->is_dual_accepted &&
	       site_has_no_low(o->side->site, trial_family(t), o->when);
}

static bool ask_dual(struct trial *t, const struct offence *o)
{
	struct check_result *c = &t->v->check[CHECK_DUAL];

	if (!c->is_asked)
		answer(t, CHECK_DUAL, true, 0, 0);
	c->have += site_has_no_low(o->side->site, trial_family(t), o->when);
	if (!trial_is_dual(t, o))
		return false;
	c->is_passed = false;
	return true;
}

/* Excused by what ended its last listing, or caused by us in that. */
static bool is_spent(const struct trial *t, const struct offence *o)
{
	const struct listing *l = &t->listing;

	return (l->freed && l->freed <= t->now && o->when.first <= l->freed) ||
	       listing_caused(t, l, o);
}

static void try_offence(struct trial *t, const struct offence *o)
{
	const struct rules *rules = t->rules;
	int64_t lost;
	bool is_out;

	tally_add(&t->all, o, t);
	/* All of them, even if one has excused it already: explain shows each result. */
	is_out = is_excused(t, CHECK_LOW, offence_distance(t, RECORD_LOW, o), o, rules->window_s);
	is_out |= is_excused(t, CHECK_REAL, offence_distance(t, RECORD_REAL, o), o,
			     rules->window_s);
	is_out |= is_excused(t, CHECK_DATA, offence_distance(t, RECORD_DATA, o), o,
			     rules->data_window_s);
	is_out |= is_excused(t, CHECK_NEIGHBOURS,
			     trial_has_neighbours(o->side) ? span_gap(o->side->n->when, o->when) : -1, o,
			     rules->data_window_s);
	is_out |= is_spent(t, o);
	if (is_out) {
		t->v->excused++;
		return;
	}
	tally_add(&t->own, o, t);
	if (ask_dual(t, o))
		return;
	tally_add(&t->unexcused, o, t);
	is_out = ask_learning(t, o);
	if (trial_has_gap(t, o, &lost)) {
		answer(t, CHECK_GAPS, false, lost, 0);
		is_out = true;
	} else if (!t->v->check[CHECK_GAPS].is_asked) {
		answer(t, CHECK_GAPS, true, lost, 0);
	}
	is_out |= ask_flood(t, o);
	if (!is_out)
		tally_add(&t->clean, o, t);
}

static void try_offences(struct trial *t)
{
	struct offence o;
	unsigned int i;

	if (t->v->is_verified) {
		for (i = 0; i < t->offences; i++)
			try_offence(t, &t->offence[i]);
	} else if (t->side->r.high.when.first) {
		o = (struct offence){ .side = t->side,
				      .when = { t->side->r.high.when.last,
						t->side->r.high.when.last } };
		o.is_hidden = offence_is_hidden_syn(t, &o);
		try_offence(t, &o);
	}
}

/* Is it listed now, as its evidence tells? */
static bool is_listed(const struct trial *t)
{
	const struct listing *l = &t->listing;

	return l->since && t->now < (l->freed ? l->freed : l->until);
}

/*
 * A source that was listed while the real MX was seen stays listed until its listing
 * ends, even if the MX is no longer seen. Only additions wait for that.
 */
static bool ask_real_mx(struct trial *t)
{
	bool is_accepted = t->side->site->is_unseen_accepted, is_seen;
	int64_t seen = 0, at;
	unsigned int i;

	for (i = 0; i < t->sides; i++) {
		at = site_seen(t->side[i].site, trial_family(t));
		seen = at > seen ? at : seen;
	}
	is_seen = seen && t->now - seen <= t->rules->real_seen_s;
	answer(t, CHECK_REAL_MX, is_seen || is_accepted, seen ? t->now - seen : -1,
	       t->rules->real_seen_s);
	if (is_seen || is_accepted)
		return true;
	if (is_listed(t))
		return true;
	return seen && t->v->since <= seen + t->rules->real_seen_s;
}

static void ask_offences(struct trial *t)
{
	const struct tally *c = &t->clean;
	bool is_weak = c->weak && c->strong < t->rules->offences;
	unsigned int need = is_weak ? t->rules->offences_weak : t->rules->offences;

	answer(t, CHECK_OFFENCES, c->reached, c->strong + c->weak, t->v->is_verified ? need : 1);
	t->v->strong = c->strong;
	t->v->weak = c->weak;
	t->v->bursts = c->bursts;
}

static enum judgement judge_enough(struct trial *t, const struct tally *tally)
{
	const struct side *side = tally->side ? tally->side : t->side;
	struct verdict *v = t->v;
	int64_t paused;
	bool is_seen;

	v->since = trial_grace_end(t, side, tally->reached, &v->paused);
	v->until = tally->last + t->rules->listing_s;
	if (is_listed(t)) {
		v->since = t->listing.since;
		v->until = t->listing.until;
	}
	answer(t, CHECK_GRACE, t->now >= v->since, t->now - (v->since - t->rules->grace_s),
	       t->rules->grace_s);
	answer(t, CHECK_CURRENT, t->now < v->until, v->until - t->now, t->rules->listing_s);
	is_seen = ask_real_mx(t);
	/* Weak offences may have listed it before the strong ones have had their grace. */
	v->is_strong = tally->reached_strong &&
		       t->now >= trial_grace_end(t, side, tally->reached_strong, &paused);
	if (t->now >= v->until)
		return JUDGED_EXPIRED;
	if (t->now < v->since)
		return JUDGED_WAITING;
	/* Its listing begins at the end of the hour in which the real MX is seen again. */
	if (tally != &t->clean || !is_seen || (v->is_verified && !is_listed(t)))
		return JUDGED_HELD;
	if (!v->is_verified)
		return JUDGED_SUSPECT;
	return v->is_strong ? JUDGED_OFFENDER : JUDGED_PROBABLE;
}

/* Tells what freed it, or what may free it. */
static void tell_freed(struct trial *t)
{
	const struct listing *l = &t->listing;
	struct verdict *v = t->v;

	if (l->freed && l->freed <= t->now) {
		v->freed = l->freed;
		v->freed_by = l->by;
	}
	if (!is_listed(t))
		return;
	v->walks = l->walks;
	v->walk_next = l->walks ? l->walked + PACK_APART_S : 0;
	v->accepted = l->accepted;
}

static enum judgement judge(struct trial *t)
{
	ask_offences(t);
	tell_freed(t);
	if (is_listed(t))
		return judge_enough(t, &t->clean);
	if (t->clean.reached)
		return judge_enough(t, &t->clean);
	if (t->unexcused.reached)
		return judge_enough(t, &t->unexcused);
	if (!t->all.last)
		return JUDGED_NONE;
	if (t->own.reached)
		return JUDGED_DUAL;
	if (t->all.reached || !t->own.last)
		return JUDGED_ALIBI;
	return JUDGED_FEW;
}

static void run(struct trial *t)
{
	struct offence offence[STORED_HOURS];
	struct ballot ballot[5];
	bool is_one = t->sides == 1 && !t->leave_out;
	unsigned int i;

	memset(t->v, 0, sizeof(*t->v));
	t->offence = offence;
	if (!is_one) {
		memset(ballot, 0, sizeof(ballot));
		t->all.votes = &ballot[0];
		t->own.votes = &ballot[1];
		t->unexcused.votes = &ballot[2];
		t->clean.votes = &ballot[3];
		t->ballot = &ballot[4];
	}
	/* Verified dialogues weigh more than contacts, which anyone can forge. */
	for (i = 0; i < t->sides; i++)
		t->v->is_verified |= t->side[i].r.hours;
	listing_prepare(t);
	listing_find(t, &t->listing);
	if (is_listed(t))
		t->known = t->listing.since;
	try_offences(t);
	t->v->is = judge(t);
}

void verdict_of_sides(struct side *side, unsigned int sides, unsigned int leave_out,
		      const struct rules *rules, int64_t now, struct verdict *v)
{
	struct trial t = { .side = side, .sides = sides, .leave_out = leave_out, .rules = rules,
			   .now = now, .known = now, .v = v };
	unsigned int i;

	for (i = 0; i < sides; i++)
		asof_record(&side[i].r, now, side[i].site->is_replay);
	run(&t);
}

void verdict_of(const struct record *r, const struct neighbours *n, const struct site *site,
		const struct rules *rules, int64_t now, struct verdict *v)
{
	struct side one = { .r = *r, .n = n, .site = site };

	verdict_of_sides(&one, 1, 0, rules, now, v);
}
