/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON, written through a writer.
 */
#ifndef NOLIST_JSON_H
#define NOLIST_JSON_H

#include "user/base/writer.h"

#define JSON_SCHEMA 2 /* raised when a member of any document is dropped or changes its meaning */

/*
 * bracket is '{' or '['. name is NULL in an array; it must be valid until the close. A
 * value that json_open() begins is a tree of jansson's, written when it is closed. In a
 * stream each element is written at once, so that there may be a million. Errors are in
 * writer.error.
 */
void json_open(struct writer *o, const char *name, char bracket);
void json_stream(struct writer *o, const char *name, char bracket);
void json_close(struct writer *o, char bracket);
void json_number(struct writer *o, const char *name, int64_t number);
void json_bool(struct writer *o, const char *name, bool value);
void json_text(struct writer *o, const char *name, const char *text);
void json_real_number(struct writer *o, const char *name, double number);
/* A word of our own: nothing in it needs an escape. */
void json_word(struct writer *o, const char *name, const char *word);
void json_none(struct writer *o, const char *name);
/* A text, or null where there is none. */
void json_text_or_none(struct writer *o, const char *name, const char *text);
/*
 * The first members of every document: its type, the schema, and "deprecated": the names
 * that the next release drops, each with its new name.
 */
void json_begin(struct writer *o, const char *type);
/* A source as lists write it. */
void json_source(struct writer *o, const char *name, const struct nolist_source *src);

#endif
