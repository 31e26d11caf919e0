/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A buffered writer for text that machines read. It remembers the first error, and formats
 * numbers, times and sources without stdio, since a list may have a million rows.
 */
#ifndef NOLIST_WRITER_H
#define NOLIST_WRITER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "user/base/addr.h"

#define JSON_DEPTH 8 /* levels of JSON, at most */

struct json_t; /* jansson's */

/* Takes all bytes; 0 or -errno. */
typedef int writer_sink_fn(void *arg, const char *bytes, size_t size);

struct writer {
	writer_sink_fn *sink;
	void *arg;
	int error; /* of the sink: the first one; nothing is written after it */
	struct json_level {
		struct json_t *tree; /* NULL: a stream */
		const char *name;
		bool needs_comma; /* the level has a value already */
	} json[JSON_DEPTH];
	int json_depth;
	size_t used;
	char bytes[1 << 16];
};

void writer_open(struct writer *o, writer_sink_fn *sink, void *arg);
int writer_flush(struct writer *o); /* 0, or the first error */
/* A sink: standard output, unbuffered and without stdio. */
int writer_stdout(void *arg, const char *bytes, size_t size);

static inline void put_char(struct writer *o, char c)
{
	if (o->used == sizeof(o->bytes))
		writer_flush(o);
	o->bytes[o->used++] = c;
}

/* As vprintf() would print it; at most 511 bytes. */
void put_format(struct writer *o, const char *fmt, va_list ap);
void put_large(struct writer *o, const char *bytes, size_t size); /* does not fit: flushes first */

/* Inline, since most texts are constants: their length is then known to the compiler. */
static inline void put_bytes(struct writer *o, const char *bytes, size_t size)
{
	if (size > sizeof(o->bytes) - o->used) {
		put_large(o, bytes, size);
		return;
	}
	memcpy(o->bytes + o->used, bytes, size);
	o->used += size;
}

static inline void put_text(struct writer *o, const char *text)
{
	put_bytes(o, text, strlen(text));
}

void put_number(struct writer *o, int64_t number);
void put_time(struct writer *o, int64_t time); /* 2026-01-02T03:04:05Z */
/* An IPv4 address, or an IPv6 /64. */
void put_source(struct writer *o, const struct nolist_source *src);
/* The four groups of an IPv6 source: 2001:db8:1:2 for 2001:db8:1:2::/64. */
void put_groups(struct writer *o, const struct nolist_source *src);
void put_ip4(struct writer *o, const struct nolist_source *src); /* must be IPv4 */

#endif
