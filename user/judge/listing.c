// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a source is listed, from when to when: reckoned from evidence, rules and a clock, and not
 * from any list, so that a replay, an import and another node come to the same.
 *
 * A listing begins when the source first met all conditions. From then on no contact excuses an
 * offence, an old or a later one: one refused attempt, or one forged SYN, would take any source off
 * again. What ends it: two walks, deliveries that were accepted after all filters, and time, which
 * begins anew with each further offence.
 *
 * What we cause ourselves is no evidence: whoever is refused at the real MX goes on to the high
 * fake in the same second. Such an offence begins no listing. It makes one last longer only if what
 * was refused may have been forged; else one SYN an hour would let any listing end.
 */
#include <stdint.h>
#include <string.h>

#include "user/evidence/as_of.h"
#include "user/record/span.h"
#include "user/judge/private.h"

/* --- alibis ------------------------------------------------------------------- */

/* The contacts with a role around an offence, which may have been within it. */
struct around {
	int64_t before, after; /* 0: none */
};

static struct around around(const struct trial *t, enum record_role role, const struct offence *o)
{
	return (struct around){ asof_before(&t->r, role, o->when.last),
				asof_after(&t->r, role, o->when.last) };
}

/* Seconds from the offence to the one before it; -1: there is none. */
static int64_t since_before(const struct around *a, const struct offence *o)
{
	if (!a->before)
		return -1;
	return a->before >= o->when.first ? 0 : o->when.first - a->before;
}

/* Since when it is known that contacts of one kind excuse an offence; NEVER. */
static int64_t excused_by(const struct trial *t, enum record_role role, const struct offence *o,
			  unsigned int window_s)
{
	struct around a = around(t, role, o);
	int64_t before_s = since_before(&a, o);

	if (before_s >= 0 && before_s <= window_s)
		return o->when.first;
	return a.after && a.after - o->when.last <= window_s ? a.after : NEVER;
}

int64_t offence_distance(const struct trial *t, enum record_role role, const struct offence *o)
{
	const struct record *r = &t->r;
	struct span all = role == RECORD_LOW ? r->low.when :
			  role == RECORD_REAL ? r->real.when : r->data;
	struct around a = around(t, role, o);
	int64_t before_s = since_before(&a, o), after_s = a.after - o->when.last;

	/* The first and the last one are known to the second. */
	if (all.first && span_gap(all, o->when))
		return span_gap(all, o->when);
	if (!a.after || (before_s >= 0 && before_s < after_s))
		return before_s;
	return after_s;
}

static int64_t excused_by_neighbours(const struct trial *t, const struct offence *o)
{
	if (!trial_has_neighbours(t) || span_gap(t->n->when, o->when) > t->rules->data_window_s)
		return NEVER;
	return t->n->when.first > o->when.last ? t->n->when.first : o->when.first;
}

int64_t offence_excused(const struct trial *t, enum check check, const struct offence *o)
{
	switch (check) {
	case CHECK_LOW:
		return excused_by(t, RECORD_LOW, o, t->rules->window_s);
	case CHECK_REAL:
		return excused_by(t, RECORD_REAL, o, t->rules->window_s);
	case CHECK_DATA:
		return excused_by(t, RECORD_DATA, o, t->rules->data_window_s);
	case CHECK_NEIGHBOURS:
		return excused_by_neighbours(t, o);
	default:
		return NEVER;
	}
}

/* --- offences ------------------------------------------------------------------ */

/* Prepares all of them, since each is asked for again and again. */
void listing_prepare(struct trial *t)
{
	int64_t lost, since;
	struct offence *o;
	unsigned int i;
	int check;

	for (i = 0; i < t->r.hours && t->offences < STORED_HOURS; i++) {
		o = &t->offence[t->offences];
		if (!offence_of_hour(t, i, o))
			continue;
		o->excused = NEVER;
		for (check = CHECK_LOW; check <= CHECK_NEIGHBOURS; check++) {
			since = offence_excused(t, check, o);
			o->excused = since < o->excused ? since : o->excused;
		}
		o->is_out = trial_is_dual(t, o) || trial_is_learning(t, o, &lost) ||
			    trial_has_gap(t, o, &lost);
		o->is_hidden = offence_is_hidden(t, i, o);
		t->offences++;
	}
}

static int64_t end_of(const struct listing *l)
{
	return l->freed ? l->freed : l->until;
}

/*
 * The last time up to at, while it was listed, at which it may have been refused at the real MX; 0:
 * there is none. As yet a contact with the real MX is all that is known of that. Refusals by the
 * program itself and by a policy service will be events of the hour; they belong here.
 */
static int64_t refused_before(const struct trial *t, const struct listing *l, int64_t at,
			      bool is_verified)
{
	int64_t end = end_of(l) - 1, data, syn = 0;

	if (at > end)
		at = end;
	data = asof_before(&t->r, RECORD_DATA, at);
	if (!is_verified)
		syn = asof_before(&t->r, RECORD_REAL, at);
	if (syn > data)
		data = syn;
	return data >= l->since ? data : 0;
}

static bool is_caused(const struct trial *t, const struct listing *l, const struct offence *o,
		      bool is_verified)
{
	int64_t at;

	if (!l->since || o->when.last < l->since)
		return false;
	at = refused_before(t, l, o->when.last, is_verified);
	return at && o->when.first - at <= CAUSED_S;
}

bool listing_caused(const struct trial *t, const struct listing *l, const struct offence *o)
{
	/* While it is listed, only the end of the listing depends on it. */
	return end_of(l) <= t->now && is_caused(t, l, o, false);
}

/* May it be among those that begin a listing? */
static bool is_fresh(const struct trial *t, const struct listing *before, const struct offence *o)
{
	if (before->freed && o->when.first <= before->freed)
		return false;
	return !is_caused(t, before, o, false);
}

/* --- the beginning ------------------------------------------------------------- */

static bool is_between(int64_t time, int64_t at, int64_t end)
{
	return time > at && time < end;
}

/*
 * From when on the real MX was seen, at or after a time; NEVER. If it was seen later, too, its hours
 * tell whether it was then. An hour in which the source itself comes to it counts at its end: it may
 * be what makes the real MX seen, and its contact must excuse it before its listing begins.
 */
static int64_t seen_from(const struct trial *t, int64_t at)
{
	const struct site_family *f = &t->site->family[trial_family(t)];
	int64_t last = site_seen(t->site, trial_family(t)), lately = at - t->rules->real_seen_s;
	bool has_hours = false;
	size_t i;

	if (t->site->is_unseen_accepted)
		return at;
	if (last <= at)
		return last && last >= lately ? at : NEVER;
	for (i = 0; i < f->hours && f->data_last && f->hour[i].start <= t->now; i++) {
		int64_t start = f->hour[i].start;

		if (!f->hour[i].data)
			continue;
		has_hours = true;
		if (start < lately)
			continue;
		if (start > at ||
		    is_between(asof_after(&t->r, RECORD_REAL, at), at, start + HOUR_S) ||
		    is_between(asof_after(&t->r, RECORD_DATA, at), at, start + HOUR_S))
			return start + HOUR_S;
		return at;
	}
	/* Imported contacts have no hours; where there are none at all, nothing more is known. */
	return has_hours ? last : at;
}

/* Does the source meet all conditions at a time, by what was known then? */
static bool is_due(const struct trial *t, const struct listing *before, int64_t at,
		   struct tally *tally)
{
	int64_t paused;
	unsigned int i;

	*tally = (struct tally){};
	for (i = 0; i < t->offences && t->offence[i].when.last <= at; i++) {
		const struct offence *o = &t->offence[i];

		if (!o->is_out && !o->is_hidden && o->excused > at && is_fresh(t, before, o))
			tally_add(tally, o, t);
	}
	return tally->reached && trial_grace_end(t, tally->reached, &paused) <= at &&
	       at < tally->last + t->rules->listing_s;
}

/* --- the end ------------------------------------------------------------------- */

/* The first of two times after a listing began, and the second; what is not known is NEVER. */
struct pair {
	int64_t first, second;
};

static void pair_add(struct pair *p, int64_t at)
{
	if (at < p->first) {
		p->second = p->first;
		p->first = at;
	} else if (at < p->second && at != p->first) {
		p->second = at;
	}
}

static bool has_mark(const struct open_hour *h, enum record_role mark)
{
	return h->roles & 1u << mark;
}

/*
 * Walks after a time. The last two are known to the second, others by their hour; of an hour its
 * first second is taken, in favour of the source.
 */
static struct pair walks_after(const struct trial *t, int64_t since)
{
	struct pair p = { NEVER, NEVER }, exact = { NEVER, NEVER };
	const struct open_hour *h = t->r.open_hour;
	unsigned int i;

	for (i = 0; i < t->r.open_hours && h[i].start <= t->now; i++) {
		if (!has_mark(&h[i], RECORD_WALK) || h[i].start < since)
			continue;
		pair_add(&p, h[i].start + 1ll);
		if (has_mark(&h[i], RECORD_WALK_TWICE))
			pair_add(&p, h[i].start + PACK_APART_S);
	}
	if (t->r.walk.prev > since && t->r.walk.prev <= t->now)
		exact.first = t->r.walk.prev;
	if (t->r.walk.last > since && t->r.walk.last <= t->now)
		*(exact.first == NEVER ? &exact.first : &exact.second) = t->r.walk.last;
	if (p.second <= exact.second && p.second != NEVER)
		return p;
	return exact.first == NEVER ? p : exact;
}

/* Where no low fake has an address in its family: data to the real MX. */
static struct pair visits_after(const struct trial *t, int64_t since)
{
	struct pair p = { NEVER, NEVER };
	unsigned int i;

	for (i = 0; i < t->r.data_hours && t->r.data_hour[i] <= t->now; i++) {
		int64_t start = t->r.data_hour[i];

		/* Hours that follow each other may be a second apart. */
		if (start >= since && (p.first == NEVER || start > p.first + HOUR_S))
			pair_add(&p, start + 1);
	}
	if (t->r.visit.prev > since && t->r.visit.last <= t->now && t->r.visit.last < p.second)
		return (struct pair){ t->r.visit.prev, t->r.visit.last };
	if (p.first == NEVER && t->r.visit.last > since && t->r.visit.last <= t->now)
		p.first = t->r.visit.last;
	return p;
}

/* When the provider's set walked for the second time; NEVER. */
static int64_t set_walked_after(const struct trial *t, int64_t since)
{
	const struct hours *h = t->n ? t->n->walked : NULL;
	struct pair p = { NEVER, NEVER };
	int i;

	for (i = JUDGE_HOURS - 1; h && i >= 0; i--) {
		int64_t start = (t->now / HOUR_S - i) * HOUR_S;

		if (h->bit[i / 64] & 1ull << i % 64 && start >= since)
			pair_add(&p, start + 1);
	}
	return p.second;
}

/* When mail of so many days was accepted after all filters. */
static int64_t accepted_after(const struct trial *t, int64_t since, unsigned int *days)
{
	const struct open_hour *h = t->r.open_hour;
	int64_t last_day = -1, when = NEVER;
	unsigned int i;

	*days = 0;
	for (i = 0; i < t->r.open_hours && h[i].start <= t->now; i++) {
		if (!has_mark(&h[i], RECORD_ACCEPTED) || h[i].start < since ||
		    h[i].start / DAY_S == last_day)
			continue;
		last_day = h[i].start / DAY_S;
		if (++*days == t->rules->accepted_frees)
			when = h[i].start + 1ll;
	}
	return when;
}

/* What frees the source after its listing began, and how far it has come. */
static void find_freed(const struct trial *t, struct listing *l)
{
	bool has_low = t->site->family[trial_family(t)].has_low;
	struct pair own = has_low ? walks_after(t, l->since) : visits_after(t, l->since);
	int64_t accepted = accepted_after(t, l->since, &l->accepted), when = own.second;
	int64_t set = set_walked_after(t, l->since);

	l->walks = (own.first != NEVER) + (own.second != NEVER);
	l->walked = own.first == NEVER ? 0 : own.first;
	l->by = FREED_WALKS;
	if (set < when) {
		when = set;
		l->by = FREED_SET;
	}
	if (accepted < when) {
		when = accepted;
		l->by = FREED_ACCEPTED;
	}
	if (when == NEVER)
		l->by = FREED_NONE;
	else
		l->freed = when > l->since ? when : l->since + 1;
}

/*
 * Each offence makes it last longer, but for those that we have caused. Contacts that a flood may
 * have hidden do not matter any more: they would excuse nothing.
 */
static void find_until(const struct trial *t, struct listing *l)
{
	unsigned int i;

	for (i = 0; i < t->offences; i++) {
		const struct offence *o = &t->offence[i];

		if (o->when.last <= l->since || o->is_out)
			continue;
		/* It may have been after the end. */
		if (o->when.last >= end_of(l) || o->when.last >= l->until)
			break;
		if (!is_caused(t, l, o, true))
			l->until = o->when.last + t->rules->listing_s;
	}
	if (l->freed >= l->until) {
		l->freed = 0;
		l->by = FREED_NONE;
	}
}

/* The next listing after another one has ended; false: none has begun by now. */
static bool find_next(const struct trial *t, const struct listing *before, struct listing *l)
{
	struct tally tally;
	int64_t paused, at;
	unsigned int i;

	for (i = 0; i < t->offences; i++) {
		at = trial_grace_end(t, t->offence[i].when.last, &paused);
		if (at > t->now)
			return false;
		if (before->since && at <= end_of(before))
			continue;
		if (!is_due(t, before, at, &tally))
			continue;
		at = seen_from(t, at);
		if (at == NEVER || at > t->now || !is_due(t, before, at, &tally))
			continue;
		*l = (struct listing){ .since = at, .until = tally.last + t->rules->listing_s };
		find_freed(t, l);
		find_until(t, l);
		return true;
	}
	return false;
}

void listing_find(const struct trial *t, struct listing *l)
{
	struct listing next;

	*l = (struct listing){};
	while (find_next(t, l, &next)) {
		*l = next;
		if (end_of(l) > t->now)
			return;
	}
}
