/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A span of time: what was known of it at a time, and how far two spans are apart.
 */
#ifndef NOLIST_SPAN_H
#define NOLIST_SPAN_H

#include <stdint.h>

/* When a source did something, in seconds since 1970; all zero: never. */
struct span {
	int64_t first;
	int64_t last;
};

/* What was known of a span at now. If it ended later, its last is taken to be now. */
static inline struct span span_as_of(struct span span, int64_t now)
{
	if (span.first > now)
		return (struct span){};
	if (span.last > now)
		span.last = now;
	return span;
}

/* Seconds between two spans; 0 if they overlap. */
static inline int64_t span_gap(struct span a, struct span b)
{
	if (a.last < b.first)
		return b.first - a.last;
	if (b.last < a.first)
		return a.first - b.last;
	return 0;
}

#endif
