// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON: a thin layer over jansson that writes into struct out. What is told of a
 * source is one function, so that dump, show and explain agree.
 */
#define _GNU_SOURCE /* mempcpy */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "user/lists/format.h"
#include "user/record/events.h"

/* Bytes that are no UTF-8 come from names of files: each becomes the character of its number. */
static json_t *string_of(const char *text)
{
	json_t *string = json_string(text);
	char *utf8, *to;

	if (string)
		return string;
	to = utf8 = malloc(2 * strlen(text) + 1);
	if (!utf8)
		return NULL;
	for (; *text; text++) {
		unsigned char c = *text;

		if (c >= 0x80) {
			*to++ = 0xc0 | c >> 6;
			c = 0x80 | (c & 0x3f);
		}
		*to++ = c;
	}
	*to = '\0';
	string = json_string(utf8);
	free(utf8);
	return string;
}

static int to_out(const char *bytes, size_t size, void *o)
{
	out_bytes(o, bytes, size);
	return 0;
}

static void fail(struct out *o)
{
	if (!o->error)
		o->error = -ENOMEM;
}

static struct json_level *top(struct out *o)
{
	return o->json_depth ? &o->json[o->json_depth - 1] : NULL;
}

/* What stands before a value that is written as it comes. Names are our own, and short. */
static void begin(struct out *o, const char *name)
{
	size_t size = name ? strlen(name) : 0;
	struct json_level *in = top(o);
	char *at;

	if (size + 4 > sizeof(o->bytes) - o->used)
		out_flush(o);
	at = o->bytes + o->used;
	if (in && in->needs_comma)
		*at++ = ',';
	if (in)
		in->needs_comma = true;
	if (name) {
		*at++ = '"';
		at = mempcpy(at, name, size);
		*at++ = '"';
		*at++ = ':';
	}
	o->used = at - o->bytes;
}

/* Takes the value, which may be NULL: there was no memory for it. */
static void put(struct out *o, const char *name, json_t *value)
{
	struct json_level *in = top(o);

	if (in && in->tree) {
		if (name ? json_object_set_new_nocheck(in->tree, name, value) :
			   json_array_append_new(in->tree, value))
			fail(o);
		return;
	}
	begin(o, name);
	if (json_dump_callback(value, to_out, o, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII))
		fail(o);
	json_decref(value);
}

void json_open(struct out *o, const char *name, char bracket)
{
	struct json_level *in = top(o);
	json_t *tree;

	if (in && !in->tree) {
		json_stream(o, name, bracket);
		return;
	}
	tree = bracket == '{' ? json_object() : json_array();
	if (!tree)
		fail(o);
	o->json[o->json_depth++] = (struct json_level){ .tree = tree, .name = name };
}

void json_stream(struct out *o, const char *name, char bracket)
{
	begin(o, name);
	out_char(o, bracket);
	o->json[o->json_depth++] = (struct json_level){};
}

void json_close(struct out *o, char bracket)
{
	struct json_level was = o->json[--o->json_depth];

	if (was.tree)
		put(o, was.name, was.tree);
	else
		out_char(o, bracket);
}

/*
 * What has one form only is written as jansson writes it, in a fifth of the time: a
 * list is mostly numbers.
 */
static bool is_stream(struct out *o)
{
	struct json_level *in = top(o);

	return in && !in->tree;
}

static void put_word(struct out *o, const char *name, const char *word, json_t *value)
{
	if (is_stream(o)) {
		begin(o, name);
		out_text(o, word);
	} else {
		put(o, name, value);
	}
}

void json_number(struct out *o, const char *name, int64_t number)
{
	if (is_stream(o)) {
		begin(o, name);
		out_number(o, number);
	} else {
		put(o, name, json_integer(number));
	}
}

void json_bool(struct out *o, const char *name, bool value)
{
	put_word(o, name, value ? "true" : "false", json_boolean(value));
}

void json_real_number(struct out *o, const char *name, double number)
{
	put(o, name, json_real(number));
}

void json_none(struct out *o, const char *name)
{
	put_word(o, name, "null", json_null());
}

void json_text(struct out *o, const char *name, const char *value)
{
	put(o, name, string_of(value));
}

void json_word(struct out *o, const char *name, const char *word)
{
	if (!is_stream(o)) {
		json_text(o, name, word);
		return;
	}
	begin(o, name);
	out_char(o, '"');
	out_text(o, word);
	out_char(o, '"');
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

/* Most counts are zero, and a zero is not worth a million times its name. */
static void hour(struct out *o, const struct hour *h)
{
	int i;

	json_open(o, NULL, '{');
	json_number(o, "start", h->start);
	for (i = 0; i < NOLIST_EVENTS; i++)
		if (h->n[i])
			json_number(o, event_names[i].key, h->n[i]);
	json_close(o, '}');
}

static void source(struct out *o, const struct nolist_source *src)
{
	struct prefix p = source_prefix(src);
	char text[ADDR_TEXT];

	if (is_stream(o)) {
		begin(o, "source");
		out_char(o, '"');
		out_source(o, src);
		out_char(o, '"');
	} else {
		json_text(o, "source", prefix_text(&p, text));
	}
}

void json_judged(struct out *o, const struct judged *of)
{
	const struct record *r = &of->r;
	unsigned int i;

	source(o, &r->src);
	json_word(o, "verdict", judgement_names[of->v.is]);
	json_bool(o, "proven", of->v.is_proven);
	json_number(o, "strong", of->v.strong);
	json_number(o, "weak", of->v.weak);
	json_number(o, "excused", of->v.excused);
	json_number(o, "learnt", of->v.learnt);
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
	json_open(o, "hours", '[');
	for (i = 0; i < r->hours; i++)
		hour(o, &r->hour[i]);
	json_close(o, ']');
}
