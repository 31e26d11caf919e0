// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers as bytes, and back.
 */
#include <stdlib.h>
#include <string.h>

#include "user/share/bytes.h"

#define TIME_BASE 1577836800ll /* 2020: the first time of a row is counted from there */
#define TIME_MAX (1ll << 33)
#define NUMBER_MAX 10 /* bytes */

bool bytes_room(struct bytes *b, size_t size)
{
	size_t room = b->room ? b->room : 256;
	uint8_t *grown;

	if (b->room - b->used >= size)
		return true;
	while (room - b->used < size)
		room *= 2;
	grown = b->is_bad ? NULL : realloc(b->at, room);
	if (!grown) {
		b->is_bad = true;
		return false;
	}
	b->at = grown;
	b->room = room;
	return true;
}

void bytes_raw(struct bytes *b, const void *from, size_t size)
{
	if (!bytes_room(b, size))
		return;
	memcpy(b->at + b->used, from, size);
	b->used += size;
}

static uint8_t *put_number(uint8_t *at, uint64_t n)
{
	while (n >= 0x80) {
		*at++ = n | 0x80;
		n >>= 7;
	}
	*at++ = n;
	return at;
}

void bytes_number(struct bytes *b, uint64_t n)
{
	if (bytes_room(b, NUMBER_MAX))
		b->used = put_number(b->at + b->used, n) - b->at;
}

void bytes_count(struct bytes *b, size_t from)
{
	uint8_t text[NUMBER_MAX];
	size_t n = b->used - from, size = put_number(text, n) - text;

	if (!bytes_room(b, size))
		return;
	memmove(b->at + from + size, b->at + from, n);
	memcpy(b->at + from, text, size);
	b->used += size;
}

void bytes_signed(struct bytes *b, int64_t n)
{
	bytes_number(b, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

void bytes_time(struct bytes *b, int64_t time)
{
	int64_t by;

	if (time <= 0) {
		bytes_number(b, 0);
		return;
	}
	/* What has no end yet. */
	if (time > TIME_MAX)
		time = TIME_MAX;
	by = time - (b->time ? b->time : TIME_BASE);
	bytes_number(b, ((uint64_t)by << 1 ^ (uint64_t)(by >> 63)) + 1);
	b->time = time;
}

void bytes_span(struct bytes *b, struct span s)
{
	bytes_time(b, s.first);
	bytes_time(b, s.last);
}

/* --- and back ------------------------------------------------------------------ */

static void bad(struct cursor *c)
{
	c->is_bad = true;
	c->at = c->end;
}

void cursor_raw(struct cursor *c, void *to, size_t size)
{
	if (cursor_left(c) < size) {
		bad(c);
		memset(to, 0, size);
		return;
	}
	memcpy(to, c->at, size);
	c->at += size;
}

uint64_t cursor_number(struct cursor *c)
{
	uint64_t n = 0;
	int shift;

	for (shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint8_t byte = *c->at++;

		n |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		/* One form for each number, so that one state has one digest. */
		if ((shift && !byte) || (shift == 63 && byte > 1))
			break;
		return n;
	}
	bad(c);
	return 0;
}

uint64_t cursor_limited(struct cursor *c, uint64_t max)
{
	uint64_t n = cursor_number(c);

	if (n <= max)
		return n;
	bad(c);
	return 0;
}

static int64_t unsign(uint64_t n)
{
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

int64_t cursor_signed(struct cursor *c)
{
	return unsign(cursor_number(c));
}

int64_t cursor_time(struct cursor *c)
{
	uint64_t n = cursor_limited(c, 4 * (uint64_t)TIME_MAX);
	int64_t time;

	if (!n)
		return 0;
	time = (c->time ? c->time : TIME_BASE) + unsign(n - 1);
	if (time <= 0 || time > TIME_MAX) {
		bad(c);
		return 0;
	}
	c->time = time;
	return time;
}

struct span cursor_span(struct cursor *c)
{
	struct span s;

	s.first = cursor_time(c);
	s.last = cursor_time(c);
	if (!s.first == !s.last && s.first <= s.last)
		return s;
	bad(c);
	return (struct span){};
}

size_t cursor_count(struct cursor *c)
{
	size_t n = cursor_number(c);

	if (n <= cursor_left(c))
		return n;
	bad(c);
	return 0;
}
