// SPDX-License-Identifier: GPL-2.0-only
/*
 * What frees a source after its listing began: two walks of its own or of its provider's set, mail
 * that was accepted on several days, a lift from its own address; and how far it has come.
 */
#include <stdint.h>

#include "user/judge/private.h"

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
static struct pair walks_after(const struct trial *t, const struct record *r, int64_t since)
{
	struct pair p = { NEVER, NEVER }, exact = { NEVER, NEVER };
	const struct open_hour *h = r->open_hour;
	unsigned int i;

	for (i = 0; i < r->open_hours && h[i].start <= t->now; i++) {
		if (!has_mark(&h[i], RECORD_WALK) || h[i].start < since)
			continue;
		pair_add(&p, h[i].start + 1ll);
		if (has_mark(&h[i], RECORD_WALK_TWICE))
			pair_add(&p, h[i].start + PACK_APART_S);
	}
	if (r->walk.prev > since && r->walk.prev <= t->now)
		exact.first = r->walk.prev;
	if (r->walk.last > since && r->walk.last <= t->now)
		*(exact.first == NEVER ? &exact.first : &exact.second) = r->walk.last;
	if (p.second <= exact.second && p.second != NEVER)
		return p;
	return exact.first == NEVER ? p : exact;
}

/* Where no low fake has an address in its family: data to the real MX. */
static struct pair visits_after(const struct trial *t, const struct record *r, int64_t since)
{
	struct pair p = { NEVER, NEVER };
	unsigned int i;

	for (i = 0; i < r->data_hours && r->data_hour[i] <= t->now; i++) {
		int64_t start = r->data_hour[i];

		/* Hours that follow each other may be a second apart. */
		if (start >= since && (p.first == NEVER || start > p.first + HOUR_S))
			pair_add(&p, start + 1);
	}
	if (r->visit.prev > since && r->visit.last <= t->now && r->visit.last < p.second)
		return (struct pair){ r->visit.prev, r->visit.last };
	if (p.first == NEVER && r->visit.last > since && r->visit.last <= t->now)
		p.first = r->visit.last;
	return p;
}

/* Those of another node, too: two that are further apart than one walk is long. */
static void pair_join(struct pair *p, const struct pair *more)
{
	struct pair early = p->first <= more->first ? *p : *more;
	struct pair late = p->first <= more->first ? *more : *p;

	if (late.first != NEVER && late.first - early.first >= (int64_t)PACK_APART_S &&
	    late.first < early.second)
		early.second = late.first;
	if (late.second < early.second)
		early.second = late.second;
	*p = early;
}

/* Walks at all nodes; where a node has no low fake, visits. */
static struct pair own_after(const struct trial *t, int64_t since)
{
	struct pair all = { NEVER, NEVER }, one;
	unsigned int i;

	for (i = 0; i < t->sides; i++) {
		const struct side *s = &t->side[i];

		one = s->site->family[trial_family(t)].has_low ? walks_after(t, &s->r, since) :
								 visits_after(t, &s->r, since);
		pair_join(&all, &one);
	}
	return all;
}

/* When the provider's set walked for the second time; NEVER. */
static int64_t set_walked_after(const struct trial *t, const struct side *s, int64_t since)
{
	const struct hours *h = s->n ? s->n->walked : NULL;
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
static int64_t accepted_after(const struct trial *t, const struct record *r, int64_t since,
			      unsigned int *days)
{
	const struct open_hour *h = r->open_hour;
	int64_t last_day = -1, when = NEVER;
	unsigned int i;

	*days = 0;
	for (i = 0; i < r->open_hours && h[i].start <= t->now; i++) {
		if (!has_mark(&h[i], RECORD_ACCEPTED) || h[i].start < since ||
		    h[i].start / DAY_S == last_day)
			continue;
		last_day = h[i].start / DAY_S;
		if (++*days == t->rules->accepted_frees)
			when = h[i].start + 1ll;
	}
	return when;
}

/* When it was lifted from its own address; NEVER. A lift of no listing does nothing. */
static int64_t lifted_after(const struct trial *t, const struct record *r, int64_t since)
{
	unsigned int i;

	for (i = 0; i < r->lifts && r->lift[i] <= t->now; i++)
		if (r->lift[i] >= since)
			return r->lift[i];
	return NEVER;
}

void listing_freed(const struct trial *t, struct listing *l)
{
	struct pair own = own_after(t, l->since);
	int64_t accepted = NEVER, when = own.second, set = NEVER, at;
	int64_t lifted = NEVER;
	unsigned int i, days;

	for (i = 0; i < t->sides; i++) {
		const struct side *s = &t->side[i];

		at = accepted_after(t, &s->r, l->since, &days);
		accepted = at < accepted ? at : accepted;
		l->accepted = days > l->accepted ? days : l->accepted;
		at = set_walked_after(t, s, l->since);
		set = at < set ? at : set;
		at = lifted_after(t, &s->r, l->since);
		lifted = at < lifted ? at : lifted;
	}

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
	if (lifted < when) {
		when = lifted;
		l->by = FREED_LIFTED;
	}
	if (when == NEVER)
		l->by = FREED_NONE;
	else
		l->freed = when > l->since ? when : l->since + 1;
}
