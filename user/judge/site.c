// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for all sources: whether the real MX is seen and was healthy, and when
 * offences do not count because senders may still have the old MX records in their
 * caches (learning). Pure, as the verdict is; only memory can run out.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/text.h"
#include "user/evidence/as_of.h"
#include "user/judge/verdict.h"

#define USUAL_DAYS 7

/* --- spans ------------------------------------------------------------------- */

/* Adds a span, or extends the last one if they touch. Call in the order of first. */
static int add_span(struct span **spans, size_t *n, int64_t first, int64_t last)
{
	struct span *grown;

	if (*n && first <= (*spans)[*n - 1].last + 1) {
		if (last > (*spans)[*n - 1].last)
			(*spans)[*n - 1].last = last;
		return 0;
	}
	grown = reallocarray(*spans, *n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*spans = grown;
	grown[(*n)++] = (struct span){ first, last };
	return 0;
}

/* --- health of the real MX --------------------------------------------------- */

/* The index of the first hour that begins at or after start. */
static size_t hour_from(const struct site_family *f, int64_t start)
{
	size_t from = 0, to = f->hours;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (f->hour[mid].start < start)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/*
 * Did this hour of the day have connections in the last days? Half an hour of tolerance:
 * the hours of another boot do not begin at the same minute.
 */
static bool is_usual(const struct site_family *f, const struct rules *rules, int64_t start)
{
	uint64_t data = 0;
	int day;

	for (day = 1; day <= USUAL_DAYS; day++) {
		int64_t from = start - day * (int64_t)DAY_S - HOUR_S / 2;
		size_t i = hour_from(f, from);

		for (; i < f->hours && f->hour[i].start < from + HOUR_S; i++)
			data += f->hour[i].data;
	}
	return data >= rules->real_usual;
}

static bool is_unhealthy_hour(const struct site_family *f, const struct rules *rules,
			      const struct real_hour *h, int64_t now)
{
	if (h->opens >= rules->real_opens && 2ull * h->data < h->opens)
		return true;
	return !h->data && h->start + HOUR_S <= now && is_usual(f, rules, h->start);
}

/*
 * Adds the hours without a record from *start on; *start becomes the current hour. Only the
 * first days of them can be usual, since there is no record since: so it ends soon, however
 * long ago *start is.
 */
static int add_missed(struct site_family *f, const struct rules *rules, int64_t *start, int64_t until)
{
	int64_t hours = until > *start ? (until - *start) / HOUR_S : 0, i;
	int error = 0;

	for (i = 0; i < hours && i < (USUAL_DAYS + 1) * DAY_S / HOUR_S && !error; i++) {
		int64_t at = *start + i * HOUR_S;

		if (is_usual(f, rules, at))
			error = add_span(&f->unhealthy, &f->n_unhealthy, at, at + HOUR_S - 1);
	}
	*start += hours * HOUR_S;
	return error;
}

static int find_unhealthy(struct site_family *f, const struct rules *rules, int64_t now)
{
	int64_t start = 0, last = 0;
	int error = 0;
	size_t i;

	for (i = 0; i < f->hours && f->hour[i].start <= now && !error; i++) {
		const struct real_hour *h = &f->hour[i];

		if (i)
			error = add_missed(f, rules, &start, h->start);
		if (!error && is_unhealthy_hour(f, rules, h, now))
			error = add_span(&f->unhealthy, &f->n_unhealthy, h->start,
					 h->start + HOUR_S - 1);
		start = h->start + HOUR_S;
		if (h->data)
			last = h->start + HOUR_S;
	}
	if (i && !error)
		error = add_missed(f, rules, &start, now);
	if (start > now)
		start -= HOUR_S;
	/* An unhealthy MX stays so until data comes again. */
	if (!error && f->n_unhealthy && last <= start &&
	    f->unhealthy[f->n_unhealthy - 1].last + 1 >= start &&
	    f->unhealthy[f->n_unhealthy - 1].last < now)
		f->unhealthy[f->n_unhealthy - 1].last = now;
	return error;
}

/* --- learning ---------------------------------------------------------------- */

static int find_learning(struct site *site, const struct rules *rules, int64_t now)
{
	int error = 0;
	size_t i;

	for (i = 0; i < site->changes && site->change[i].at <= now && rules->learning_s && !error; i++)
		if (!i || site->change[i].mx != site->change[i - 1].mx)
			error = add_span(&site->learning, &site->learnings, site->change[i].at,
					 site->change[i].at + rules->learning_s - 1);
	return error;
}

/* --- pauses of the grace ----------------------------------------------------- */

static int find_pauses(struct site *site, struct site_family *f)
{
	size_t i = 0, k = 0;
	int error = 0;

	while ((i < f->n_unhealthy || k < site->learnings) && !error) {
		const struct span *s;

		if (k == site->learnings ||
		    (i < f->n_unhealthy && f->unhealthy[i].first <= site->learning[k].first))
			s = &f->unhealthy[i++];
		else
			s = &site->learning[k++];
		error = add_span(&f->pause, &f->pauses, s->first, s->last);
	}
	return error;
}

void site_take(struct site *site, const struct evidence *evidence)
{
	int f;

	site->losts = evidence_gaps(evidence, &site->lost);
	site->n_acks = evidence_acks(evidence, &site->acks);
	site->changes = evidence_changes(evidence, &site->change);
	for (f = 0; f < FLOODS; f++)
		site->floods[f] = evidence_floods(evidence, f, &site->flood[f]);
	for (f = 0; f < 2; f++)
		site->family[f].hours = evidence_real(evidence, f, &site->family[f].hour);
}

int site_ready(struct site *site, const struct rules *rules, int64_t now)
{
	int i, error;

	site_free(site);
	error = find_learning(site, rules, now);
	for (i = 0; i < 2 && !error; i++) {
		error = find_unhealthy(&site->family[i], rules, now);
		if (!error)
			error = find_pauses(site, &site->family[i]);
	}
	return error;
}

void site_free(struct site *site)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct site_family *f = &site->family[i];

		free(f->unhealthy);
		free(f->pause);
		f->unhealthy = f->pause = NULL;
		f->n_unhealthy = f->pauses = 0;
	}
	free(site->learning);
	site->learning = NULL;
	site->learnings = 0;
}

/* --- questions --------------------------------------------------------------- */

int64_t site_seen(const struct site *site, int family)
{
	const struct site_family *f = &site->family[family];

	if (!f->has_real)
		return 0;
	return f->data_last ? f->data_last : f->real_last;
}

bool site_is_seen(const struct site *site, const struct rules *rules, int family, int64_t now)
{
	int64_t seen = site_seen(site, family);

	return seen && now - seen <= rules->real_seen_s;
}

bool site_is_unhealthy(const struct site *site, int family, int64_t now)
{
	const struct site_family *f = &site->family[family];

	return f->n_unhealthy && f->unhealthy[f->n_unhealthy - 1].last >= now;
}

bool site_has_no_low_now(const struct site *site, int family)
{
	const struct site_family *other = &site->family[!family];

	return !site->family[family].has_low && (other->has_low || other->has_real);
}

bool site_has_no_low(const struct site *site, int family, struct span when)
{
	bool is_known = false, has_no_low = false;
	size_t i;

	for (i = 0; i < site->changes && site->change[i].at <= when.last; i++) {
		/* Skip it if the next change came before the span began. */
		if (i + 1 < site->changes && site->change[i + 1].at <= when.first)
			continue;
		has_no_low |= (site->change[i].mx & NOLIST_MX_NO_LOW(family)) != 0;
		is_known |= site->change[i].at <= when.first;
	}
	return has_no_low || (!is_known && site_has_no_low_now(site, family));
}

bool site_is_flooded(const struct site *site, enum flood_of of, int64_t from, int64_t to)
{
	const struct span *s = site->flood[of];
	size_t low = 0, high = site->floods[of];

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s[mid].last < from)
			low = mid + 1;
		else
			high = mid;
	}
	return low < site->floods[of] && s[low].first <= to;
}

int64_t site_learning_until(const struct site *site, int64_t now)
{
	if (!site->learnings || site->learning[site->learnings - 1].last < now)
		return 0;
	return site->learning[site->learnings - 1].last + 1;
}

/* The last contact known to be at or before now; of a span only both ends are known. 0: none. */
static int64_t seen_by(const struct span *span, int64_t now)
{
	int64_t seen = span->last <= now ? span->last : span->first;

	return seen <= now ? seen : 0;
}

void site_add(struct site *site, const struct record *r, int64_t now)
{
	struct site_family *f = &site->family[!addr_is_ip4(&r->src.addr)];
	int64_t real = asof_seen(r, RECORD_REAL, now), data = seen_by(&r->data, now);
	unsigned int i;

	/* The hours of data are known one by one: one of them may be later, but before now. */
	for (i = r->data_hours; i-- && data < r->data_hour[i];)
		if (r->data_hour[i] <= now)
			data = r->data_hour[i];
	if (data > f->data_last)
		f->data_last = data;
	if (data > real)
		real = data;
	if (real > f->real_last)
		f->real_last = real;
}
