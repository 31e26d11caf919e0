// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alibis from others: a verified alibi of an address around a source, or of one in the
 * same provider's set of networks, excuses the source. It counts only if that address is
 * clearly no bot: where there is a low fake, it must have been there as well.
 */
#include <string.h>

#include "user/evidence/as_of.h"
#include "user/record/pack.h"
#include "user/record/span.h"
#include "user/judge/verdict.h"

struct prefix neighbours_prefix(const struct nolist_source *src, const struct rules *rules)
{
	struct prefix p = { .addr = src->addr };
	unsigned int i;

	p.len = addr_is_ip4(&src->addr) ? 96 + rules->neighbours_ip4 : rules->neighbours_ip6;
	i = p.len / 8;
	if (p.len % 8)
		p.addr.b[i++] &= 0xff << (8 - p.len % 8);
	memset(p.addr.b + i, 0, sizeof(p.addr.b) - i);
	return p;
}

static void widen(struct span *span, struct span by)
{
	if (!by.first)
		return;
	if (!span->first || by.first < span->first)
		span->first = by.first;
	if (by.last > span->last)
		span->last = by.last;
}

static void add(struct neighbours *n, const struct nolist_source *src, struct span data)
{
	if (!n->count++)
		n->one = *src;
	widen(&n->when, data);
}

void neighbours_join(struct neighbours *to, const struct neighbours *from)
{
	if (from->count)
		add(to, &from->one, from->when);
}

static bool has_low(const struct record *r, const struct site *site)
{
	return site->family[!addr_is_ip4(&r->src.addr)].has_low;
}

/*
 * May a flood have hidden a contact with the low fake shortly before data of this hour? Only of a
 * source that the packet program did not know yet: see offence_is_hidden().
 */
static bool is_walk_hidden(const struct record *r, const struct site *site, int64_t now)
{
	unsigned int i, k = 0;

	for (i = 0; i < r->open_hours && r->open_hour[i].start <= now && site->floods[FLOOD_LOW]; i++) {
		int64_t start = r->open_hour[i].start;

		while (k < r->data_hours && r->data_hour[k] < start)
			k++;
		if (r->open_hour[i].roles & 1u << RECORD_NEW && k < r->data_hours &&
		    r->data_hour[k] == start &&
		    site_is_flooded(site, FLOOD_LOW, start - HOUR_S, start + HOUR_S - 1))
			return true;
	}
	return false;
}

void neighbours_add(struct neighbours *n, const struct record *r, const struct site *site,
		    const struct rules *rules, int64_t now)
{
	struct span data = asof_data(r, now, site->is_replay);
	struct span low = asof_opens(r, RECORD_LOW, now, site->is_replay);

	if (!data.first)
		return;
	/* Otherwise one bot at the real MX would acquit all bots of its hoster. */
	if (has_low(r, site) && (!low.first || span_gap(low, data) > rules->window_s) &&
	    !is_walk_hidden(r, site, now))
		return;
	add(n, &r->src, data);
}

static void set_hour(struct hours *h, int64_t start, int64_t now)
{
	int64_t i = now / HOUR_S - start / HOUR_S;

	if (start <= now && i < JUDGE_HOURS)
		h->bit[i / 64] |= 1ull << i % 64;
}

/* Of a source that was never verified only the days are stored: each of their hours may be it. */
static void set_days(struct hours *h, const struct record *r, int64_t now)
{
	int i, hour;

	for (i = 0; i < STORED_DAYS && !r->open_hours; i++)
		for (hour = 0; hour < 24 && r->days[RECORD_LOW] & 1u << i; hour++)
			set_hour(h, ((int64_t)r->day - i) * DAY_S + hour * HOUR_S, now);
}

/*
 * When the set walked: data in the hour of a contact with the low fake, or in the next one. Within
 * a set the hour is enough: that it is one sender is the administrator's word.
 */
static void add_hours(struct provider *p, const struct record *r, int64_t now)
{
	struct hours *low = &p->low_hours, *data = &p->data_hours;
	size_t i, words = sizeof(low->bit) / sizeof(*low->bit);
	unsigned int k;

	for (k = 0; k < r->open_hours; k++) {
		if (r->open_hour[k].roles & 1u << RECORD_LOW)
			set_hour(low, r->open_hour[k].start, now);
		if (r->open_hour[k].roles & 1u << RECORD_WALK)
			set_hour(&p->walked, r->open_hour[k].start, now);
	}
	for (k = 0; k < r->data_hours; k++)
		set_hour(data, r->data_hour[k], now);
	set_days(low, r, now);
	for (i = 0; i < words; i++) {
		/* An hour earlier is the next bit. */
		uint64_t before = low->bit[i] >> 1 | (i + 1 < words ? low->bit[i + 1] << 63 : 0);

		p->walked.bit[i] |= data->bit[i] & (low->bit[i] | before);
	}
	p->n.walked = &p->walked;
}

/* Of an address that is only ever at the low fake a flood may hide all: the set's data tell. */
static void add_hidden_lows(struct provider *p, const struct record *r, const struct site *site,
			    int64_t now)
{
	unsigned int i;

	for (i = 0; i < r->data_hours && r->data_hour[i] <= now && site->floods[FLOOD_LOW]; i++) {
		int64_t start = r->data_hour[i];

		if (site_is_flooded(site, FLOOD_LOW, start - HOUR_S, start + HOUR_S - 1))
			widen(&p->low, (struct span){ start, start });
	}
}

void provider_add(struct provider *p, const struct record *r, const struct site *site, int64_t now)
{
	struct span data = asof_data(r, now, site->is_replay);

	widen(&p->low, asof_opens(r, RECORD_LOW, now, site->is_replay));
	add_hours(p, r, now);
	if (!data.first)
		return;
	add(&p->n, &r->src, data);
	add_hidden_lows(p, r, site, now);
	p->is_without_low |= !has_low(r, site);
}

bool provider_has_alibi(const struct provider *p, const struct rules *rules)
{
	if (!p->n.count || p->is_without_low)
		return p->n.count;
	return p->low.first && span_gap(p->low, p->n.when) <= rules->window_s;
}

/* Adds bits that were counted so many hours earlier. */
static void join_hours(struct hours *to, const struct hours *from, int64_t later)
{
	size_t i, words = sizeof(to->bit) / sizeof(*to->bit);
	size_t by = later > 0 ? later / 64 : 0;
	unsigned int shift = later > 0 ? later % 64 : 0;

	for (i = by; i < words; i++) {
		to->bit[i] |= from->bit[i - by] << shift;
		if (shift && i > by)
			to->bit[i] |= from->bit[i - by - 1] >> (64 - shift);
	}
}

void provider_join(struct provider *to, const struct provider *from, int64_t later)
{
	if (from->n.count) {
		if (!to->n.count)
			to->n.one = from->n.one;
		to->n.count += from->n.count;
		widen(&to->n.when, from->n.when);
	}
	widen(&to->low, from->low);
	to->is_without_low |= from->is_without_low;
	join_hours(&to->low_hours, &from->low_hours, later);
	join_hours(&to->data_hours, &from->data_hours, later);
	join_hours(&to->walked, &from->walked, later);
	to->n.walked = &to->walked;
}

static bool is_alone(const struct neighbours *n, const struct nolist_source *src)
{
	return n->count == 1 && !addr_compare(&n->one.addr, &src->addr);
}

struct neighbours neighbours_of(const struct nolist_source *src, const struct neighbours *around,
				const struct neighbours *provider)
{
	const struct neighbours *both[] = { around, provider };
	struct neighbours n = { .walked = provider ? provider->walked : NULL };
	int i;

	for (i = 0; i < 2; i++) {
		/* A source is not its own neighbour. */
		if (!both[i] || !both[i]->count || is_alone(both[i], src))
			continue;
		if (!n.count)
			n.one = both[i]->one;
		n.count += both[i]->count;
		widen(&n.when, both[i]->when);
	}
	return n;
}
