/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as bytes, of the same meaning on every machine: seven bits a byte, the lowest first. A
 * writer remembers that memory ran out, a reader that the bytes ended or make no sense; both may then
 * be used further, to no effect.
 */
#ifndef NOLIST_SHARE_BYTES_H
#define NOLIST_SHARE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/record/span.h"

struct bytes {
	uint8_t *at; /* the caller frees it */
	size_t used, room;
	int64_t time;  /* the last one that was written */
	bool is_bad;
};

/* Room for so many more bytes; false, and it is bad: there is no memory. */
bool bytes_room(struct bytes *b, size_t size);
void bytes_raw(struct bytes *b, const void *from, size_t size);
void bytes_number(struct bytes *b, uint64_t n);
/* Puts in front of what was written from there on how many bytes it has. */
void bytes_count(struct bytes *b, size_t from);
void bytes_signed(struct bytes *b, int64_t n);
/* Seconds since 1970, 0: none; few bytes if near the last one that was written. */
void bytes_time(struct bytes *b, int64_t time);
void bytes_span(struct bytes *b, struct span s);

struct cursor {
	const uint8_t *at, *end;
	int64_t time;
	bool is_bad;
};

static inline struct cursor cursor_of(const void *at, size_t size)
{
	return (struct cursor){ .at = at, .end = (const uint8_t *)at + size };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->is_bad ? 0 : c->end - c->at;
}

/* Zeroes from one that is bad. */
void cursor_raw(struct cursor *c, void *to, size_t size);
uint64_t cursor_number(struct cursor *c);
/* The same of at most max; more is bad. */
uint64_t cursor_limited(struct cursor *c, uint64_t max);
int64_t cursor_signed(struct cursor *c);
int64_t cursor_time(struct cursor *c);
/* Both times or none, and in this order. */
struct span cursor_span(struct cursor *c);
/* An array's length, of elements that have a byte at least: so it is bounded by what was received. */
size_t cursor_count(struct cursor *c);

#endif
