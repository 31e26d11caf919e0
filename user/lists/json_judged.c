// SPDX-License-Identifier: GPL-2.0-only
/*
 * A source as JSON: one function, so that dump, show and explain agree.
 */
#include "user/lists/json_judged.h"
#include "user/origin/origin.h"
#include "user/record/events.h"

/* false: never, and null was written. */
static bool open_span(struct writer *o, const char *name, const struct span *s)
{
	if (!s->first) {
		json_none(o, name);
		return false;
	}
	json_open(o, name, '{');
	json_number(o, "first", s->first);
	json_number(o, "last", s->last);
	return true;
}

static void contact(struct writer *o, const char *name, const struct contact *c)
{
	if (!open_span(o, name, &c->when))
		return;
	json_number(o, "opens", c->opens);
	json_close(o, '}');
}

/* Most counts are zero, and a zero is not worth a million times its name. */
static void hour(struct writer *o, const struct hour *h)
{
	int i;

	json_open(o, NULL, '{');
	json_number(o, "start", h->start);
	for (i = 0; i < NOLIST_EVENTS; i++)
		if (h->n[i])
			json_number(o, event_names[i].key, h->n[i]);
	json_close(o, '}');
}

static void origin(struct writer *o, const struct origin *from)
{
	char text[ADDR_TEXT];

	if (!from || !from->network.len) {
		json_none(o, "origin");
		return;
	}
	json_open(o, "origin", '{');
	if (from->as)
		json_number(o, "as", from->as);
	else
		json_none(o, "as");
	json_text_or_none(o, "country", from->country);
	json_text(o, "network", prefix_text(&from->network, text));
	json_text_or_none(o, "owner", from->owner);
	json_close(o, '}');
}

void json_judged(struct writer *o, const struct judged *of)
{
	const struct record *r = &of->r;
	unsigned int i;

	json_source(o, "source", &r->src);
	json_word(o, "verdict", judgement_names[of->v.is]);
	json_bool(o, "verified", of->v.is_verified);
	json_number(o, "strong", of->v.strong);
	json_number(o, "weak", of->v.weak);
	json_number(o, "excused", of->v.excused);
	json_number(o, "learning", of->v.learning);
	json_number(o, "paused", of->v.paused);
	json_number(o, "since", of->v.since);
	json_number(o, "until", of->v.until);
	if (of->pardoned_until)
		json_number(o, "pardoned_until", of->pardoned_until);
	contact(o, "low", &r->low);
	contact(o, "real", &r->real);
	contact(o, "high", &r->high);
	if (open_span(o, "data", &r->data)) {
		json_number(o, "connections", r->data_count);
		json_close(o, '}');
	}
	if (open_span(o, "talk", &r->talk)) {
		json_number(o, "hours", r->talk_hours);
		json_close(o, '}');
	}
	json_number(o, "bad_acks", r->bad_acks);
	origin(o, of->origin);
	json_open(o, "hours", '[');
	for (i = 0; i < r->hours; i++)
		hour(o, &r->hour[i]);
	json_close(o, ']');
}
