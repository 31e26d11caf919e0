// SPDX-License-Identifier: GPL-2.0-only
/*
 * The history of a source, in the order of time: its contacts and dialogues, gaps and
 * unhealthy times near them, and when it is listed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/report/explain.h"
#include "user/record/events.h"

struct history {
	struct explain *e;
	int error;
};

__attribute__((format(printf, 5, 6))) static void add(struct history *h, int64_t first,
						       int64_t last, const char *kind,
						       const char *fmt, ...)
{
	struct explain *e = h->e;
	struct explain_event *event;
	va_list ap;

	if (h->error)
		return;
	if (array_grow(&e->event, e->events, sizeof(*event))) {
		h->error = -ENOMEM;
		return;
	}
	event = &e->event[e->events++];
	event->when = (struct span){ first, last };
	event->kind = kind;
	va_start(ap, fmt);
	vsnprintf(event->text, sizeof(event->text), fmt, ap);
	va_end(ap);
}

static void add_contact(struct history *h, const char *kind, const char *where,
			const struct contact *c)
{
	int64_t now = h->e->j->now;

	if (!c->when.first || c->when.first > now)
		return;
	add(h, c->when.first, c->when.first, kind, "first SYN to %s", where);
	if (c->when.last != c->when.first && c->when.last <= now)
		add(h, c->when.last, c->when.last, kind, "last of %u SYNs to %s", c->opens, where);
}

/* When data came within these hours, as far as that is known. */
static void add_hours(struct history *h, const struct span *data, int64_t first, int64_t last)
{
	if (data->first > first && data->first <= last)
		first = data->first;
	if (data->last >= first && data->last < last)
		last = data->last;
	add(h, first, last, "data", "data to the real MX");
}

/* Consecutive hours as one event; if the hours are not known, the first and last time. */
static void add_data(struct history *h)
{
	const struct record *r = &h->e->of.r;
	int64_t now = h->e->j->now;
	unsigned int i, k;

	for (i = 0; i < r->data_hours && r->data_hour[i] <= now; i = k) {
		for (k = i + 1; k < r->data_hours && r->data_hour[k] <= now &&
				r->data_hour[k] - r->data_hour[k - 1] <= HOUR_S; k++)
			;
		add_hours(h, &r->data, r->data_hour[i], (int64_t)r->data_hour[k - 1] + HOUR_S - 1);
	}
	if (r->data_hours || !r->data.first || r->data.first > now)
		return;
	add(h, r->data.first, r->data.first, "data", "first data to the real MX");
	if (r->data.last != r->data.first && r->data.last <= now)
		add(h, r->data.last, r->data.last, "data", "last data to the real MX");
}

/* An hour, cut to the first and last dialogue of the source. */
static struct span hour_of(const struct record *r, const struct hour *o)
{
	struct span s = { o->start, o->start + (int64_t)HOUR_S - 1 };

	if (r->talk.first > s.first && r->talk.first <= s.last)
		s.first = r->talk.first;
	if (r->talk.last >= s.first && r->talk.last < s.last)
		s.last = r->talk.last;
	return s;
}

/* How far the dialogues of an hour came, and how that is verified. */
static const char *how_far(const struct hour *o)
{
	if (o->n[NOLIST_EVENT_TEMPFAILED])
		return "tempfailed, verified by timestamp";
	if (o->n[NOLIST_EVENT_TEMPFAILED_WEAK])
		return o->n[NOLIST_EVENT_GREETED_WEAK] ? "tempfailed, verified by one exact number"
						       : "tempfailed, not verified";
	if (o->n[NOLIST_EVENT_TENANT])
		return "tempfailed at a tenant's high fake: no offence";
	if (o->n[NOLIST_EVENT_ELSEWHERE])
		return "asked only for domains that are not yours";
	return o->n[NOLIST_EVENT_GREETED_WEAK] ? "greeted, not tempfailed"
					       : "talked, not tempfailed";
}

static bool is_tempfailed(const struct hour *o)
{
	return o->n[NOLIST_EVENT_TEMPFAILED] || o->n[NOLIST_EVENT_TEMPFAILED_WEAK];
}

/* ", said QUIT, closed": what else was seen in an hour. */
static const char *what_else(const struct hour *o, char *text, size_t size)
{
	size_t n = 0;
	int i;

	*text = '\0';
	if (!o->n[NOLIST_EVENT_QUIT] && is_tempfailed(o))
		n += snprintf(text, size, ", no QUIT");
	for (i = 0; i < NOLIST_EVENTS && n < size; i++)
		if (o->n[i] && event_names[i].did &&
		    ((i != NOLIST_EVENT_ELSEWHERE && i != NOLIST_EVENT_TENANT) || is_tempfailed(o)))
			n += snprintf(text + n, size - n, ", %s", event_names[i].did);
	return text;
}

static void add_dialogues(struct history *h)
{
	const struct record *r = &h->e->of.r;
	char else_text[128];
	unsigned int i;

	for (i = 0; i < r->hours && r->hour[i].start <= h->e->j->now; i++) {
		const struct hour *o = &r->hour[i];
		struct span when = hour_of(r, o);

		add(h, when.first, when.last, "talk", "%s%s", how_far(o),
		    what_else(o, else_text, sizeof(else_text)));
	}
}

/* Is it near what the source did at the high fakes, so that it may matter? */
static bool is_near(const struct explain *e, const struct span *s)
{
	int64_t grace = e->j->rules.grace_s;
	const struct record *r = &e->of.r;
	unsigned int i;

	for (i = 0; i < r->hours; i++)
		if (s->first <= r->hour[i].start + HOUR_S + grace &&
		    s->last >= (int64_t)r->hour[i].start - HOUR_S)
			return true;
	return !r->hours && r->high.when.first && s->first <= r->high.when.last + grace &&
	       s->last >= r->high.when.last - HOUR_S;
}

static void add_near(struct history *h, const struct span *spans, size_t n, const char *kind,
		     const char *text)
{
	int64_t now = h->e->j->now;
	size_t i;

	/* One that goes on has no end yet. */
	for (i = 0; i < n && spans[i].first <= now; i++)
		if (is_near(h->e, &spans[i]))
			add(h, spans[i].first, spans[i].last < now ? spans[i].last : now, kind, "%s",
			    text);
}

const char *explain_gap(const struct explain *e, size_t gap)
{
	static const char *const texts[] = {
		[GAP_FULL] = "verified evidence was lost: a table was full",
		[GAP_DETACHED] = "the program was detached, or the machine was suspended",
		[GAP_GONE] = "the tables were gone, with what was not collected",
	};

	return texts[evidence_gap_why(e->j->evidence, gap)];
}

static void add_site(struct history *h)
{
	const struct site *site = &h->e->j->site;
	const struct site_family *f = &site->family[!addr_is_ip4(&h->e->of.r.src.addr)];
	size_t i;

	for (i = 0; i < site->losts; i++)
		add_near(h, &site->lost[i], 1, "lost", explain_gap(h->e, i));
	add_near(h, site->flood[FLOOD_ANY], site->floods[FLOOD_ANY], "flood",
		 "a flood: SYNs were too many to note all of them");
	add_near(h, site->learning, site->learnings, "learning", "learning");
	add_near(h, f->unhealthy, f->n_unhealthy, "unhealthy", "the real MX was unhealthy");
}

static void add_listing(struct history *h)
{
	const struct verdict *v = &h->e->of.v;
	bool is_listed = verdict_is_listed(v, false);
	unsigned int i;

	if (v->since) {
		add(h, v->since, v->since, "listing", is_listed ? "its listing begins" :
							       "its listing would begin");
		add(h, v->until, v->until, "end", is_listed ? "its listing ends" :
							     "its listing would end");
	}
	for (i = 0; i < h->e->of.r.lifts && h->e->of.r.lift[i] <= h->e->j->now; i++)
		add(h, h->e->of.r.lift[i], h->e->of.r.lift[i], "lift",
		    "it asked at the look-up page, from its own address, to lift its listing");
	if (h->e->pardon)
		add(h, h->e->pardon->until, h->e->pardon->until, "pardon", "its pardon ends");
}

static int compare_events(const void *a, const void *b)
{
	const struct explain_event *x = a, *y = b;

	if (x->when.first != y->when.first)
		return x->when.first < y->when.first ? -1 : 1;
	if (x->when.last != y->when.last)
		return x->when.last < y->when.last ? -1 : 1;
	return strcmp(x->kind, y->kind);
}

int explain_history(struct explain *e)
{
	struct history h = { .e = e };

	add_contact(&h, "low", "the low fake", &e->of.r.low);
	add_contact(&h, "real", "the real MX", &e->of.r.real);
	add_contact(&h, "high", "a high fake", &e->of.r.high);
	add_data(&h);
	add_dialogues(&h);
	add_site(&h);
	add_listing(&h);
	if (e->events)
		qsort(e->event, e->events, sizeof(*e->event), compare_events);
	return h.error;
}
