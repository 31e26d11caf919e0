// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON, written as it comes: a million rows are never held as a tree. What is
 * told of a source is one function, so that dump, show and explain agree.
 */
#include "out.h"

static void text(struct out *o, const char *t)
{
	static const char hex[] = "0123456789abcdef";

	out_char(o, '"');
	for (; *t; t++) {
		unsigned char c = *t;

		if (c == '"' || c == '\\') {
			out_char(o, '\\');
			out_char(o, c);
		} else if (c < 0x20 || c >= 0x7f) {
			/* Bytes above ASCII come from file names, in any encoding. */
			out_text(o, "\\u00");
			out_char(o, hex[c >> 4]);
			out_char(o, hex[c & 15]);
		} else {
			out_char(o, c);
		}
	}
	out_char(o, '"');
}

static void name_of(struct out *o, const char *name)
{
	if (o->needs_comma)
		out_char(o, ',');
	if (name) {
		out_char(o, '"');
		out_text(o, name);
		out_bytes(o, "\":", 2);
	}
	o->needs_comma = true;
}

void json_open(struct out *o, const char *name, char bracket)
{
	name_of(o, name);
	out_char(o, bracket);
	o->needs_comma = false;
}

void json_close(struct out *o, char bracket)
{
	out_char(o, bracket);
	o->needs_comma = true;
}

void json_number(struct out *o, const char *name, int64_t number)
{
	name_of(o, name);
	out_number(o, number);
}

void json_bool(struct out *o, const char *name, bool value)
{
	name_of(o, name);
	out_text(o, value ? "true" : "false");
}

void json_text(struct out *o, const char *name, const char *value)
{
	name_of(o, name);
	text(o, value);
}

void json_none(struct out *o, const char *name)
{
	name_of(o, name);
	out_text(o, "null");
}

/* false: never, and null was written. */
static bool open_span(struct out *o, const char *name, const struct span *s)
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

static void contact(struct out *o, const char *name, const struct contact *c)
{
	if (!open_span(o, name, &c->when))
		return;
	json_number(o, "opens", c->opens);
	json_close(o, '}');
}

/* Most are zero, and a zero is not worth a million times its name. */
static void count(struct out *o, const char *name, uint16_t n)
{
	if (n)
		json_number(o, name, n);
}

static void hour(struct out *o, const struct hour *h)
{
	json_open(o, NULL, '{');
	json_number(o, "start", h->start);
	count(o, "strong", h->strong);
	count(o, "weak", h->weak);
	count(o, "told_weak", h->told_weak);
	count(o, "quit", h->quit);
	count(o, "closed", h->closed);
	count(o, "early", h->early);
	count(o, "piped", h->piped);
	count(o, "not_smtp", h->not_smtp);
	count(o, "starttls", h->starttls);
	json_close(o, '}');
}

void json_judged(struct out *o, const struct judged *of)
{
	const struct record *r = &of->r;
	unsigned int i;

	name_of(o, "source");
	out_char(o, '"');
	out_source(o, &r->src);
	out_char(o, '"');
	json_text(o, "verdict", judgement_names[of->v.is]);
	json_bool(o, "proven", of->v.is_proven);
	json_number(o, "strong", of->v.strong);
	json_number(o, "weak", of->v.weak);
	json_number(o, "excused", of->v.excused);
	json_number(o, "since", of->v.since);
	json_number(o, "until", of->v.until);
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
	json_open(o, "hours", '[');
	for (i = 0; i < r->hours; i++)
		hour(o, &r->hour[i]);
	json_close(o, ']');
}
