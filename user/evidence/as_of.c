// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reduces a record to what was known at a time. Pure.
 */
#include "user/base/text.h"
#include "user/evidence/as_of.h"
#include "user/record/span.h"

#define DAYS 32 /* bits of record.days[] */

static const struct span *when_of(const struct record *r, enum record_role role)
{
	return role == RECORD_LOW ? &r->low.when :
	       role == RECORD_REAL ? &r->real.when :
	       role == RECORD_DATA ? &r->data : &r->high.when;
}

static const struct span *hidden_of(const struct record *r, enum record_role role)
{
	return role == RECORD_LOW ? &r->low.hidden :
	       role == RECORD_REAL ? &r->real.hidden :
	       role == RECORD_DATA ? &r->data_hidden : &r->high.hidden;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Start of the last hour with a SYN that has begun by now; 0: none is stored. */
static int64_t last_hour(const struct record *r, enum record_role role, int64_t now)
{
	unsigned int i = r->open_hours;

	while (i--)
		if (r->open_hour[i].start <= now && r->open_hour[i].roles & 1u << role)
			return r->open_hour[i].start;
	return 0;
}

/* End of the last day up to now with a SYN; older than all stored days: end of the day before. */
static int64_t last_day_end(const struct record *r, enum record_role role, int64_t now)
{
	int64_t i = later(r->day - now / DAY_S, 0);

	if (!r->days[role])
		return now;
	while (i < DAYS && !(r->days[role] & 1u << i))
		i++;
	return (r->day - i + 1) * DAY_S - 1;
}

struct span asof_opens(const struct record *r, enum record_role role, int64_t now, bool is_replay)
{
	const struct span *hidden = hidden_of(r, role);
	struct span s = *when_of(r, role);
	int64_t day_end, hour;

	if (s.last <= now || s.first > now || !is_replay)
		return span_as_of(s, now);
	day_end = earlier(last_day_end(r, role, now), now);
	hour = last_hour(r, role, day_end);
	s.last = day_end;
	/* If no hour of that day is stored, each of its hours may have had a SYN. */
	if (hour + HOUR_S > day_end / DAY_S * DAY_S)
		s.last = earlier(hour + HOUR_S - 1, day_end);
	if (hidden->first && hidden->first <= now)
		s.last = later(s.last, earlier(hidden->last, now));
	if (s.last < s.first)
		s.last = s.first;
	return s;
}

struct span asof_data(const struct record *r, int64_t now, bool is_replay)
{
	struct span s = r->data;
	unsigned int i = r->data_hours;

	if (s.last <= now || s.first > now || !is_replay)
		return span_as_of(s, now);
	while (i && r->data_hour[i - 1] > now)
		i--;
	s.last = i ? earlier((int64_t)r->data_hour[i - 1] + HOUR_S - 1, now) : now;
	if (s.last < s.first)
		s.last = s.first;
	return s;
}

/* Start of the last hour with it that has begun by at; 0: none is stored. */
static int64_t hour_before(const struct record *r, enum record_role role, int64_t at)
{
	unsigned int i = r->data_hours;

	if (role != RECORD_DATA)
		return last_hour(r, role, at);
	while (i && r->data_hour[i - 1] > at)
		i--;
	return i ? r->data_hour[i - 1] : 0;
}

/* Start of the first hour with it that has not ended before at; 0: none is stored. */
static int64_t hour_after(const struct record *r, enum record_role role, int64_t at)
{
	unsigned int i;

	for (i = 0; role == RECORD_DATA && i < r->data_hours; i++)
		if (r->data_hour[i] + HOUR_S > at)
			return r->data_hour[i];
	for (i = 0; role != RECORD_DATA && i < r->open_hours; i++)
		if (r->open_hour[i].start + HOUR_S > at && r->open_hour[i].roles & 1u << role)
			return r->open_hour[i].start;
	return 0;
}

/* Is nothing known but the first and the last one? */
static bool is_bare(const struct record *r, enum record_role role)
{
	return role == RECORD_DATA ? !r->data_hours : !r->days[role];
}

int64_t asof_before(const struct record *r, enum record_role role, int64_t at)
{
	const struct span *s = when_of(r, role), *hidden = hidden_of(r, role);
	int64_t hour, day_end, best;

	if (!s->first || s->first > at)
		return 0;
	best = s->last <= at ? s->last : is_bare(r, role) ? at : s->first;
	if (hidden->first && hidden->first <= at)
		best = later(best, earlier(hidden->last, at));
	hour = hour_before(r, role, at);
	if (hour)
		best = later(best, earlier(hour + HOUR_S - 1, at));
	if (role == RECORD_DATA || is_bare(r, role) || s->last <= at)
		return best;
	day_end = earlier(last_day_end(r, role, at), at);
	/* A day of which no hour is stored: each may have had one. */
	return hour + HOUR_S > day_end / DAY_S * DAY_S ? best : later(best, day_end);
}

/* Start of the first day from at on with it, of which no hour is stored; 0: there is none. */
static int64_t day_after(const struct record *r, enum record_role role, int64_t at)
{
	int64_t day = at / DAY_S, hour;

	/* Of older days nothing is known. */
	if (day <= (int64_t)r->day - DAYS)
		return at;
	for (; day <= r->day; day++) {
		if (!(r->days[role] & 1u << (r->day - day)))
			continue;
		hour = hour_after(r, role, day * DAY_S);
		if (!hour || hour >= (day + 1) * DAY_S)
			return day * DAY_S;
	}
	return 0;
}

int64_t asof_after(const struct record *r, enum record_role role, int64_t at)
{
	const struct span *s = when_of(r, role), *hidden = hidden_of(r, role);
	int64_t hour, day, best = s->last;

	if (!s->first || s->last < at)
		return 0;
	if (s->first >= at)
		return s->first;
	if (is_bare(r, role))
		return at;
	if (hidden->first && hidden->last >= at)
		best = earlier(best, later(hidden->first, at));
	hour = hour_after(r, role, at);
	if (hour)
		best = earlier(best, later(hour, at));
	day = role == RECORD_DATA ? 0 : day_after(r, role, at);
	return day ? earlier(best, later(day, at)) : best;
}

int64_t asof_seen(const struct record *r, enum record_role role, int64_t now)
{
	const struct span *s = when_of(r, role);
	int64_t hour;

	if (s->first > now)
		return 0;
	if (s->last <= now)
		return s->last;
	hour = last_hour(r, role, now);
	return hour > s->first ? hour : s->first;
}

void asof_record(struct record *r, int64_t now, bool is_replay)
{
	/* Each is found from its own span, from hours and days, which stay. */
	r->low.when = asof_opens(r, RECORD_LOW, now, is_replay);
	r->real.when = asof_opens(r, RECORD_REAL, now, is_replay);
	r->high.when = asof_opens(r, RECORD_HIGH, now, is_replay);
	r->data = asof_data(r, now, is_replay);
	r->talk = span_as_of(r->talk, now);
	while (r->hours && r->hour[r->hours - 1].start > now)
		r->hours--;
}
