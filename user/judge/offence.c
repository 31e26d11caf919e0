// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an offence is: an hour in which a verified dialogue at a high fake was tempfailed, and no
 * tempfailed dialogue near it ended with QUIT. And when offences are enough.
 */
#include <string.h>

#include "user/record/span.h"
#include "user/judge/private.h"

/*
 * A captured segment of a dialogue is answered again as long as its sequence numbers are good:
 * in their slot of the clock and the next one (bpf/cookie.h). So long a QUIT excuses what may be
 * replayed of its dialogue, and so late it may come itself.
 */
#define FAR_S (2 * HOUR_S + REPLAY_S) /* from one hour to another that is too far */
#define REPLAY_S (2 * (int64_t)((1ull << NOLIST_COOKIE_SHIFT) / 1000000000 + 1))

/*
 * Could the weak evidence be forged? Guessing a sequence number takes a great many wrong
 * acknowledgements. Those of all sources are known for some hours only, those of this
 * source since it was first verified.
 */
static bool is_forgeable(const struct trial *t, const struct side *s, const struct hour *h)
{
	const struct evidence_acks *a = s->site->acks;
	int64_t start = h->start;
	size_t from = 0, to = s->site->n_acks;
	uint64_t count = 0;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (a[mid].start <= start - HOUR_S)
			from = mid + 1;
		else
			to = mid;
	}
	/* Hours of different boots overlap: both count. */
	for (; from < s->site->n_acks && a[from].start < start + HOUR_S; from++)
		count += a[from].count;
	return count > t->rules->bad_acks_all || s->r.bad_acks > t->rules->bad_acks;
}

/* Is there a QUIT in this hour? Then it may excuse the other one, which may be the same. */
static bool quits(const struct hour *h, const struct hour *other)
{
	struct span a = { h->start, h->start + HOUR_S - 1 };
	struct span b = { other->start, other->start + HOUR_S - 1 };

	return h->n[NOLIST_EVENT_QUIT] && span_gap(a, b) <= REPLAY_S;
}

/* Did a tempfailed dialogue near this hour end with QUIT? */
static bool has_quit(const struct record *r, unsigned int hour)
{
	const struct hour *h = &r->hour[hour];
	unsigned int i;

	for (i = hour + 1; i-- > 0 && r->hour[i].start + FAR_S > h->start;)
		if (quits(&r->hour[i], h))
			return true;
	for (i = hour + 1; i < r->hours && r->hour[i].start < h->start + FAR_S; i++)
		if (quits(&r->hour[i], h))
			return true;
	return false;
}

/* Verified by sequence numbers alone, with too few wrong ones for them to be guessed. */
static bool is_weak_offence(const struct trial *t, const struct side *s, const struct hour *h)
{
	return h->n[NOLIST_EVENT_GREETED_WEAK] && h->n[NOLIST_EVENT_TEMPFAILED_WEAK] &&
	       !is_forgeable(t, s, h);
}

bool offence_of_hour(const struct trial *t, const struct side *s, unsigned int hour,
		     struct offence *o)
{
	const struct hour *h = &s->r.hour[hour];
	int64_t from = h->start, to = from + HOUR_S - 1;
	const struct record *r = &s->r;

	/* A retransmission counts again, so the counters cannot be subtracted from each other. */
	if (has_quit(r, hour))
		return false;
	if (!h->n[NOLIST_EVENT_TEMPFAILED] && !is_weak_offence(t, s, h))
		return false;
	if (r->talk.last >= from && r->talk.last < to)
		to = r->talk.last;
	if (r->talk.first > from && r->talk.first <= to)
		from = r->talk.first;
	if (h->last)
		to = h->start + h->last - 1;
	/* In a replay: it is not known whether there was one before the last. */
	if (h->last && to > t->now)
		return false;
	if (to > t->now)
		to = t->now;
	if (from > to)
		from = to;
	o->when = (struct span){ from, to };
	o->side = s;
	o->start = h->start;
	o->is_weak = !h->n[NOLIST_EVENT_TEMPFAILED];
	o->is_burst = h->n[NOLIST_EVENT_PIPELINED];
	return true;
}

/*
 * In a flood of forged SYNs contacts with low and real are not noted, but for those of sources that
 * are known as verified: they have a share of their own (bpf/contacts.h). So a flood can hide what
 * a source did before the offence by which it becomes known, and nothing after it: a bot that comes
 * again is listed, and a good sender that comes again is seen to walk. That bounds what even an
 * endless flood can do.
 */
#define KNOWN_S (5 * (int64_t)DAY_S) /* the packet program's filter remembers as long, at least */

static bool is_tempfailed(const struct hour *h)
{
	return h->n[NOLIST_EVENT_TEMPFAILED] || h->n[NOLIST_EVENT_TEMPFAILED_WEAK];
}

/* Did a record of the source begin in this hour? Hours of different boots overlap. */
static bool is_new(const struct record *r, int64_t start)
{
	unsigned int i = r->open_hours;

	while (i && r->open_hour[i - 1].start >= start + HOUR_S)
		i--;
	for (; i && r->open_hour[i - 1].start > start - HOUR_S; i--)
		if (r->open_hour[i - 1].roles & 1u << RECORD_NEW)
			return true;
	return false;
}

/* Start of the hour before this one by which the source was known; 0: there is none. */
static int64_t known_before(const struct record *r, unsigned int hour)
{
	int64_t start = r->hour[hour].start;
	unsigned int i = r->data_hours;

	while (i && r->data_hour[i - 1] >= start)
		i--;
	while (hour && !is_tempfailed(&r->hour[hour - 1]))
		hour--;
	start = hour ? r->hour[hour - 1].start : 0;
	return i && r->data_hour[i - 1] > start ? r->data_hour[i - 1] : start;
}

/* Was a program loaded between these times? It knows nobody at first. */
static bool is_loaded(const struct site *site, int64_t from, int64_t to)
{
	size_t i = site->changes;

	while (i && site->change[i - 1].at > to)
		i--;
	return i && site->change[i - 1].at >= from;
}

bool offence_is_hidden(unsigned int hour, const struct offence *o)
{
	const struct side *s = o->side;
	int64_t start = s->r.hour[hour].start, before;

	if (!site_is_flooded(s->site, FLOOD_ANY, o->when.first - HOUR_S, o->when.last))
		return false;
	before = known_before(&s->r, hour);
	return !before || start - before > KNOWN_S || is_new(&s->r, start) ||
	       is_loaded(s->site, before, o->when.last);
}

bool offence_is_hidden_syn(const struct trial *t, const struct offence *o)
{
	int64_t paused, to = trial_grace_end(t, o->side, o->when.last, &paused);

	return site_is_flooded(o->side->site, FLOOD_ANY, o->when.first - HOUR_S, to < t->now ? to : t->now);
}

/* --- when they are enough -------------------------------------------------------- */

/*
 * Of several operators: in how many hours each was offended, and in how many it was the only one.
 * Operators beyond so many count as one.
 */
static void vote(struct tally *tally, enum vote_of of, unsigned int operator)
{
	struct votes *v = &tally->votes->of[of];
	unsigned int at = operator < VOTES_MAX ? operator : VOTES_MAX - 1;
	uint64_t bit = 1ull << at;

	if (v->now & bit)
		return;
	v->any[at]++;
	if (at >= v->operators)
		v->operators = at + 1;
	if (!v->now) {
		v->hours++;
		v->only[at]++;
	} else if (!(v->now & (v->now - 1))) {
		v->only[__builtin_ctzll(v->now)]--;
	}
	v->now |= bit;
}

/* Hours at several nodes that overlap are one: a delivery to many domains walks them all. */
static void tally_votes(struct tally *tally, const struct offence *o)
{
	struct ballot *b = tally->votes;
	int i;

	if (!b->start || o->start >= b->start + HOUR_S || o->start + HOUR_S <= b->start) {
		b->start = o->start;
		for (i = 0; i < VOTES; i++)
			b->of[i].now = 0;
	}
	vote(tally, VOTE_ALL, o->side->operator);
	if (!o->is_weak)
		vote(tally, VOTE_STRONG, o->side->operator);
	if (!o->is_burst)
		vote(tally, VOTE_WAITED, o->side->operator);
	tally->strong = b->of[VOTE_STRONG].hours;
	tally->weak = b->of[VOTE_ALL].hours - tally->strong;
	tally->bursts = b->of[VOTE_ALL].hours - b->of[VOTE_WAITED].hours;
}

/*
 * How many hours may be without any so many operators, at most: of one exactly, of more at least
 * as many as it can be.
 */
static unsigned int lost_without(const struct votes *v, unsigned int leave_out)
{
	const uint16_t *n = leave_out > 1 ? v->any : v->only;
	unsigned int most[LEAVE_OUT_MAX] = {}, sum = 0, i, k;

	for (i = 0; leave_out && i < v->operators; i++)
		for (k = 0; k < leave_out; k++)
			if (n[i] > most[k]) {
				memmove(most + k + 1, most + k, (leave_out - k - 1) * sizeof(*most));
				most[k] = n[i];
				break;
			}
	for (k = 0; k < leave_out; k++)
		sum += most[k];
	return sum < v->hours ? sum : v->hours;
}

static unsigned int remains(const struct tally *tally, const struct trial *t, enum vote_of of)
{
	const struct votes *v = &tally->votes->of[of];

	return v->hours - lost_without(v, t->leave_out);
}

/*
 * A web server or an FTP server can be made to send all lines of a dialogue at once, but not to
 * wait for the answers: so hours in which commands were sent together count only with one in
 * which they were not.
 */
static bool has_waited(const struct tally *tally, const struct trial *t)
{
	if (t->side->site->is_pipelined_accepted)
		return true;
	if (tally->votes)
		return remains(tally, t, VOTE_WAITED);
	return tally->bursts < tally->strong + tally->weak;
}

static bool is_strong_enough(const struct tally *tally, const struct trial *t)
{
	unsigned int strong = tally->votes ? remains(tally, t, VOTE_STRONG) : tally->strong;

	return strong >= t->rules->offences;
}

static bool is_enough(const struct tally *tally, const struct trial *t)
{
	unsigned int all = tally->votes ? remains(tally, t, VOTE_ALL) : tally->strong + tally->weak;

	if (!t->v->is_verified)
		return tally->strong;
	return has_waited(tally, t) &&
	       (is_strong_enough(tally, t) || all >= t->rules->offences_weak);
}

void tally_add(struct tally *tally, const struct offence *o, const struct trial *t)
{
	if (tally->votes) {
		tally_votes(tally, o);
	} else {
		tally->strong += !o->is_weak;
		tally->weak += o->is_weak;
		tally->bursts += o->is_burst;
	}
	/* After a listing has ended, the next one needs a grace of its own. */
	if (tally->reached && o->when.first - tally->last > t->rules->listing_s)
		tally->reached = tally->reached_strong = 0;
	tally->last = o->when.last;
	if (!tally->reached && is_enough(tally, t)) {
		tally->reached = o->when.last;
		tally->side = o->side;
	}
	if (!tally->reached_strong && t->v->is_verified && has_waited(tally, t) &&
	    is_strong_enough(tally, t))
		tally->reached_strong = o->when.last;
}
