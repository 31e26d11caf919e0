/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists for machines. To add a format:
 *   1. user/out_WORD.c with its head, row and tail
 *   2. their prototypes and its row in the table in out.c
 *   3. its section in user/nolist-xdp.8
 *   4. a case in selftests/tool_dump.sh
 *
 * Formats write through struct out, which buffers and keeps the first error.
 */
#ifndef NOLIST_OUT_H
#define NOLIST_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "addr.h"
#include "judge.h"

#define JSON_DEPTH 8 /* how deep JSON may nest */

struct json_t; /* jansson's */

/* Takes all bytes; 0 or -errno. */
typedef int out_sink_fn(void *arg, const char *bytes, size_t size);

struct out {
	out_sink_fn *sink;
	void *arg;
	int error; /* of the sink: the first one; nothing is written after it */
	struct json_level {
		struct json_t *tree; /* NULL: written as it comes */
		const char *name;
		bool needs_comma; /* a value stands before */
	} json[JSON_DEPTH];
	int json_depth;
	size_t used;
	char bytes[1 << 16];
};

void out_open(struct out *o, out_sink_fn *sink, void *arg);
int out_flush(struct out *o); /* 0, or the first error */

static inline void out_char(struct out *o, char c)
{
	if (o->used == sizeof(o->bytes))
		out_flush(o);
	o->bytes[o->used++] = c;
}

void out_bytes(struct out *o, const char *bytes, size_t size);
void out_text(struct out *o, const char *text);
void out_number(struct out *o, int64_t number);
void out_time(struct out *o, int64_t time); /* 2026-01-02T03:04:05Z */
void out_source(struct out *o, const struct nolist_source *src);

/*
 * JSON, by jansson: bracket is '{' or '['; name is NULL in an array and lives until
 * the close. An open value is a tree, written when it is closed; in a stream each
 * element is written and forgotten, so that there may be a million.
 */
void json_open(struct out *o, const char *name, char bracket);
void json_stream(struct out *o, const char *name, char bracket);
void json_close(struct out *o, char bracket);
void json_number(struct out *o, const char *name, int64_t number);
void json_bool(struct out *o, const char *name, bool value);
void json_text(struct out *o, const char *name, const char *text);
void json_none(struct out *o, const char *name);
/* The members that tell of a source and its verdict; the same in every document. */
void json_judged(struct out *o, const struct judged *of);

#define JSON_SCHEMA 1 /* raised when a member changes its meaning or goes */

#define OUT_NOTES 4
#define OUT_NOTE_SIZE 160

/* What a list says of itself. */
struct out_head {
	int64_t time;
	int64_t expires;
	size_t count;
	char digest[65];                     /* SHA-256 of all rows, in hex */
	bool is_claimed;                     /* lists also on SYNs alone */
	char note[OUT_NOTES][OUT_NOTE_SIZE]; /* warnings, without line ends */
	int notes;
};

struct output {
	const char *name;
	const char *reader; /* what reads it */
	const char *usage;  /* how: one line */
	bool takes_claimed; /* may be written with --unverified */
	void (*head)(struct out *o, const struct out_head *head);
	void (*row)(struct out *o, const struct judged *of);
	void (*tail)(struct out *o, const struct out_head *head); /* or NULL */
};

extern const struct output outputs[]; /* ends with a row without name */

const struct output *output_find(const char *name); /* or NULL */

/* "# key: value" lines, for the formats whose comments begin so. */
void out_comment_head(struct out *o, const struct out_head *head);

void out_plain_row(struct out *o, const struct judged *of);
void out_csv_head(struct out *o, const struct out_head *head);
void out_csv_row(struct out *o, const struct judged *of);
void out_jsonl_head(struct out *o, const struct out_head *head);
void out_jsonl_row(struct out *o, const struct judged *of);

#endif
