// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thin layer over jansson that writes through a writer.
 */
#define _GNU_SOURCE /* mempcpy */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/json.h"
#include "user/base/retired.h"

/* Text that is not UTF-8 comes from file names: each byte becomes the character of its number. */
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
	put_bytes(o, bytes, size);
	return 0;
}

static void no_memory(struct writer *o)
{
	if (!o->error)
		o->error = -ENOMEM;
}

static struct json_level *top(struct writer *o)
{
	return o->json_depth ? &o->json[o->json_depth - 1] : NULL;
}

/* Old name of a member of what is being written; NULL: it has none. */
static const char *old_name(struct writer *o, const char *name, bool is_object)
{
	struct json_level *in = top(o);

	return name ? retired_member(name, in ? in->name : NULL, is_object) : NULL;
}

/* Writes comma and name before a value of a stream. Names are our own: no escapes, few bytes. */
static void begin(struct writer *o, const char *name)
{
	size_t size = name ? strlen(name) : 0;
	struct json_level *in = top(o);
	char *at;

	if (size + 4 > sizeof(o->bytes) - o->used)
		writer_flush(o);
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

static void put_one(struct writer *o, const char *name, json_t *value)
{
	struct json_level *in = top(o);

	if (in && in->tree) {
		if (name ? json_object_set_new_nocheck(in->tree, name, value)
			 : json_array_append_new(in->tree, value))
			no_memory(o);
		return;
	}
	begin(o, name);
	if (json_dump_callback(value, to_out, o,
			       JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII))
		no_memory(o);
	json_decref(value);
}

/*
 * Writes a member, and takes over the value; NULL: there was no memory for it. A member that
 * was renamed is written under both names.
 */
static void put(struct writer *o, const char *name, json_t *value)
{
	const char *old = old_name(o, name, json_is_object(value));

	if (old)
		put_one(o, old, json_incref(value));
	put_one(o, name, value);
}

void json_open(struct writer *o, const char *name, char bracket)
{
	struct json_level *in = top(o);
	json_t *tree;

	/* A member that was renamed is written twice, so it must be a tree. */
	if (in && !in->tree && !old_name(o, name, true)) {
		json_stream(o, name, bracket);
		return;
	}
	tree = bracket == '{' ? json_object() : json_array();
	if (!tree)
		no_memory(o);
	o->json[o->json_depth++] = (struct json_level){ .tree = tree, .name = name };
}

void json_stream(struct writer *o, const char *name, char bracket)
{
	begin(o, name);
	put_char(o, bracket);
	o->json[o->json_depth++] = (struct json_level){ .name = name };
}

void json_close(struct writer *o, char bracket)
{
	struct json_level was = o->json[--o->json_depth];

	if (was.tree)
		put(o, was.name, was.tree);
	else
		put_char(o, bracket);
}

/*
 * In a stream, numbers and words are written without jansson, in a fifth of the time and
 * in the same form: a list is mostly numbers.
 */
static bool is_stream(struct writer *o)
{
	struct json_level *in = top(o);

	return in && !in->tree;
}

/* Writes a member of a stream; word is its value as JSON. */
static void stream(struct writer *o, const char *name, const char *word)
{
	const char *old = old_name(o, name, false);

	if (old) {
		begin(o, old);
		put_text(o, word);
	}
	begin(o, name);
	put_text(o, word);
}

static void put_word(struct writer *o, const char *name, const char *word, json_t *value)
{
	if (is_stream(o)) {
		stream(o, name, word);
	} else {
		put(o, name, value);
	}
}

void json_number(struct writer *o, const char *name, int64_t number)
{
	const char *old = old_name(o, name, false);

	if (is_stream(o)) {
		if (old) {
			begin(o, old);
			put_number(o, number);
		}
		begin(o, name);
		put_number(o, number);
	} else {
		put(o, name, json_integer(number));
	}
}

void json_bool(struct writer *o, const char *name, bool value)
{
	put_word(o, name, value ? "true" : "false", json_boolean(value));
}

void json_real_number(struct writer *o, const char *name, double number)
{
	put(o, name, json_real(number));
}

void json_none(struct writer *o, const char *name)
{
	put_word(o, name, "null", json_null());
}

void json_text_or_none(struct writer *o, const char *name, const char *text)
{
	if (*text)
		json_text(o, name, text);
	else
		json_none(o, name);
}

void json_text(struct writer *o, const char *name, const char *value)
{
	put(o, name, string_of(value));
}

void json_word(struct writer *o, const char *name, const char *word)
{
	char quoted[64];

	if (is_stream(o) && strlen(word) + 3 <= sizeof(quoted)) {
		snprintf(quoted, sizeof(quoted), "\"%s\"", word);
		stream(o, name, quoted);
	} else {
		json_text(o, name, word);
	}
}

void json_source(struct writer *o, const char *name, const struct nolist_source *src)
{
	struct prefix p = source_prefix(src);
	char text[ADDR_TEXT];

	if (is_stream(o)) {
		begin(o, name);
		put_char(o, '"');
		put_source(o, src);
		put_char(o, '"');
	} else {
		json_text(o, name, prefix_text(&p, text));
	}
}

void json_begin(struct writer *o, const char *type)
{
	const char *old, *now;
	unsigned int i;

	json_text(o, "type", type);
	json_number(o, "schema", JSON_SCHEMA);
	json_open(o, "deprecated", '{');
	for (i = 0; (old = retired_members(i, &now)); i++)
		json_text(o, old, now);
	json_close(o, '}');
}
