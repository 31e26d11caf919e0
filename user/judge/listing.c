// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a source is listed, from when to when: reckoned from evidence, rules and a clock, and not
 * from any list, so that a replay, an import and another node come to the same.
 *
 * A listing begins when the source first met all conditions. From then on no contact excuses an
 * offence, an old or a later one: one refused attempt, or one forged SYN, would take any source off
 * again. What ends it: two walks, deliveries that were accepted after all filters, a lift from its own
 * address, and time, which begins anew with each further offence.
 *
 * What we cause ourselves is no evidence: whoever is refused at the real MX goes on to the high
 * fake in the same second. Such an offence begins no listing. It makes one last longer only if what
 * was refused may have been forged; else one SYN an hour would let any listing end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/evidence/as_of.h"
#include "user/record/span.h"
#include "user/judge/private.h"

/* --- alibis ------------------------------------------------------------------- */

/* Does what a node knows of this role excuse this offence? SYNs do at the same node only. */
static bool is_heard(const struct side *s, const struct offence *o, enum record_role role)
{
	return s == o->side || role == RECORD_DATA;
}

static struct around find_around(const struct trial *t, enum record_role role, const struct offence *o)
{
	struct around a = {};
	unsigned int i;

	if (!(t->roles & 1u << role))
		return a;
	for (i = 0; i < t->sides; i++) {
		int64_t before, after;

		if (!is_heard(&t->side[i], o, role))
			continue;
		before = asof_before(&t->side[i].r, role, o->when.last);
		after = asof_after(&t->side[i].r, role, o->when.last);
		a.before = before > a.before ? before : a.before;
		a.after = after && (!a.after || after < a.after) ? after : a.after;
	}
	return a;
}

static struct around around(const struct trial *t, enum record_role role, const struct offence *o)
{
	if (!o->has_around)
		return find_around(t, role, o);
	return o->around[role == RECORD_LOW ? AROUND_LOW : role == RECORD_REAL ? AROUND_REAL : AROUND_DATA];
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

/* From the first to the last contact with a role, at all nodes that are heard. */
static struct span all_of(const struct trial *t, enum record_role role, const struct offence *o)
{
	struct span all = {};
	unsigned int i;

	for (i = 0; i < t->sides; i++) {
		const struct record *r = &t->side[i].r;
		struct span one = role == RECORD_LOW ? r->low.when :
				  role == RECORD_REAL ? r->real.when : r->data;

		if (!one.first || !is_heard(&t->side[i], o, role))
			continue;
		if (!all.first || one.first < all.first)
			all.first = one.first;
		if (one.last > all.last)
			all.last = one.last;
	}
	return all;
}

int64_t offence_distance(const struct trial *t, enum record_role role, const struct offence *o)
{
	struct around a = around(t, role, o);
	int64_t before_s = since_before(&a, o), after_s = a.after - o->when.last;
	struct span all;

	if (!a.before && !a.after)
		return -1;
	all = all_of(t, role, o);

	/* The first and the last one are known to the second. */
	if (all.first && span_gap(all, o->when))
		return span_gap(all, o->when);
	if (!a.after || (before_s >= 0 && before_s < after_s))
		return before_s;
	return after_s;
}

static int64_t excused_by_neighbours(const struct trial *t, const struct offence *o)
{
	const struct neighbours *n = o->side->n;

	if (!trial_has_neighbours(o->side) || span_gap(n->when, o->when) > t->rules->data_window_s)
		return NEVER;
	return n->when.first > o->when.last ? n->when.first : o->when.first;
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

static void prepare(const struct trial *t, unsigned int hour, struct offence *o)
{
	int64_t lost, since;
	int check;

	o->around[AROUND_LOW] = find_around(t, RECORD_LOW, o);
	o->around[AROUND_REAL] = find_around(t, RECORD_REAL, o);
	o->around[AROUND_DATA] = find_around(t, RECORD_DATA, o);
	o->has_around = true;
	o->excused = NEVER;
	for (check = CHECK_LOW; check <= CHECK_NEIGHBOURS; check++) {
		since = offence_excused(t, check, o);
		o->excused = since < o->excused ? since : o->excused;
	}
	o->is_out = trial_is_dual(t, o) || trial_is_learning(t, o, &lost) ||
		    trial_has_gap(t, o, &lost);
	o->is_hidden = offence_is_hidden(hour, o);
}

static int compare_offences(const void *a, const void *b)
{
	const struct offence *x = a, *y = b;

	if (x->when.last != y->when.last)
		return x->when.last < y->when.last ? -1 : 1;
	return (x->side > y->side) - (x->side < y->side);
}

/* Most offenders have no contact with the roles that may excuse them. */
static unsigned int roles_of(const struct trial *t)
{
	unsigned int roles = 0, i;

	for (i = 0; i < t->sides; i++) {
		const struct record *r = &t->side[i].r;

		roles |= (r->low.when.first != 0) << RECORD_LOW | (r->real.when.first != 0) << RECORD_REAL |
			 (r->data.first != 0) << RECORD_DATA;
	}
	return roles;
}

/*
 * Prepares all of them, since each is asked for again and again. Of many nodes each has room for
 * its latest hours only: what is left out can list nobody.
 */
void listing_prepare(struct trial *t)
{
	unsigned int i, k, room = t->sides < STORED_HOURS ? STORED_HOURS / t->sides : 1;

	t->roles = roles_of(t);
	for (k = 0; k < t->sides; k++) {
		const struct side *s = &t->side[k];

		for (i = s->r.hours > room ? s->r.hours - room : 0;
		     i < s->r.hours && t->offences < STORED_HOURS; i++) {
			struct offence *o = &t->offence[t->offences];

			if (!offence_of_hour(t, s, i, o))
				continue;
			prepare(t, i, o);
			t->offences++;
		}
	}
	if (t->sides > 1)
		qsort(t->offence, t->offences, sizeof(*t->offence), compare_offences);
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
static int64_t refused_before(const struct side *s, const struct listing *l, int64_t at,
			      bool is_verified)
{
	int64_t end = end_of(l) - 1, data, syn = 0;

	if (at > end)
		at = end;
	data = asof_before(&s->r, RECORD_DATA, at);
	if (!is_verified)
		syn = asof_before(&s->r, RECORD_REAL, at);
	if (syn > data)
		data = syn;
	return data >= l->since ? data : 0;
}

/* The real MX of a node sends on to the high fake of the same one. */
static bool is_caused(const struct listing *l, const struct offence *o, bool is_verified)
{
	int64_t at;

	if (!l->since || o->when.last < l->since)
		return false;
	at = refused_before(o->side, l, o->when.last, is_verified);
	return at && o->when.first - at <= CAUSED_S;
}

bool listing_caused(const struct trial *t, const struct listing *l, const struct offence *o)
{
	/* While it is listed, only the end of the listing depends on it. */
	return end_of(l) <= t->now && is_caused(l, o, false);
}

/* May it be among those that begin a listing? */
static bool is_fresh(const struct listing *before, const struct offence *o)
{
	if (before->freed && o->when.first <= before->freed)
		return false;
	return !is_caused(before, o, false);
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
static int64_t seen_from(const struct trial *t, const struct side *s, int64_t at)
{
	const struct site_family *f = &s->site->family[trial_family(t)];
	int64_t last = site_seen(s->site, trial_family(t)), lately = at - t->rules->real_seen_s;
	bool has_hours = false;
	size_t i;

	if (s->site->is_unseen_accepted)
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
		    is_between(asof_after(&s->r, RECORD_REAL, at), at, start + HOUR_S) ||
		    is_between(asof_after(&s->r, RECORD_DATA, at), at, start + HOUR_S))
			return start + HOUR_S;
		return at;
	}
	/* Imported contacts have no hours; where there are none at all, nothing more is known. */
	return has_hours ? last : at;
}

/* Did its node still report at that time? */
static bool is_known(const struct side *s, int64_t at)
{
	return !s->site->until || at <= s->site->until;
}

/*
 * Of several nodes an offence counts when its own node has given it its grace, and sees its real MX:
 * one whose real MX is away holds up nobody else.
 */
static bool is_mature(const struct trial *t, const struct offence *o, int64_t at)
{
	int64_t paused, end = trial_grace_end(t, o->side, o->when.last, &paused);

	return end <= at && is_known(o->side, end) && seen_from(t, o->side, at) <= at;
}

/* Does the source meet all conditions at a time, by what was known then? */
static bool is_due(const struct trial *t, const struct listing *before, int64_t at,
		   struct tally *tally)
{
	int64_t paused;
	unsigned int i;

	if (t->ballot)
		*t->ballot = (struct ballot){};
	*tally = (struct tally){ .votes = t->ballot };
	for (i = 0; i < t->offences && t->offence[i].when.last <= at; i++) {
		const struct offence *o = &t->offence[i];

		if (!o->is_out && !o->is_hidden && o->excused > at && is_fresh(before, o) &&
		    (t->sides == 1 || is_mature(t, o, at)))
			tally_add(tally, o, t);
	}
	return tally->reached && trial_grace_end(t, tally->side, tally->reached, &paused) <= at &&
	       at < tally->last + t->rules->listing_s;
}

/* --- the end ------------------------------------------------------------------- */

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
		if (!is_caused(l, o, true))
			l->until = o->when.last + t->rules->listing_s;
	}
	if (l->freed >= l->until) {
		l->freed = 0;
		l->by = FREED_NONE;
	}
}

/*
 * When the source is due by this offence, if that is sooner than by another one; NEVER. It ends the
 * search in which nothing later is sooner.
 */
static int64_t due_by(const struct trial *t, const struct listing *before, const struct offence *o, int64_t other,
		      struct tally *tally, bool *is_end)
{
	int64_t paused, at = trial_grace_end(t, o->side, o->when.last, &paused), seen;

	*is_end = at > t->now && t->sides == 1;
	if (at >= other || at > t->now || !is_known(o->side, at) || (before->since && at <= end_of(before)))
		return NEVER;
	if (t->sides == 1 && !is_due(t, before, at, tally))
		return NEVER;
	seen = seen_from(t, o->side, at);
	/* As was asked above. */
	if (seen == at && t->sides == 1)
		return at;
	return seen == NEVER || seen > t->now || !is_due(t, before, seen, tally) ? NEVER : seen;
}

/* The next listing after another one has ended; false: none has begun by now. */
static bool find_next(const struct trial *t, const struct listing *before, struct listing *l)
{
	struct tally tally;
	bool is_end = false;
	int64_t at;
	unsigned int i;

	*l = (struct listing){};
	for (i = 0; i < t->offences && !is_end; i++) {
		at = due_by(t, before, &t->offence[i], l->since ? l->since : NEVER, &tally, &is_end);
		if (at == NEVER || (l->since && at >= l->since))
			continue;
		*l = (struct listing){ .since = at, .until = tally.last + t->rules->listing_s };
		/* At one node they are due in their order. */
		is_end = t->sides == 1;
	}
	if (!l->since)
		return false;
	listing_freed(t, l);
	find_until(t, l);
	return true;
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
