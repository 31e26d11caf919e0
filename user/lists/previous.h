/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is on a list that was written before: read line by line, in any format, to
 * tell what a new one adds and removes, and who stays on it.
 */
#ifndef NOLIST_PREVIOUS_H
#define NOLIST_PREVIOUS_H

#include "user/lists/format.h"

typedef void previous_gone_fn(const struct nolist_source *src, void *arg);

struct previous {
	int fd; /* -1: there is none */
	bool (*source)(const char *line, struct nolist_source *src);
	struct nolist_source next; /* not passed yet */
	bool has_next;
	size_t used, at; /* bytes in the buffer, and read of them */
	size_t count;   /* sources that were passed */
	size_t removed; /* of these, those that were not asked for, or not kept */
	previous_gone_fn *gone; /* each of these; or NULL */
	void *arg;
	char bytes[1 << 16];
};

/* fd stays the caller's. */
void previous_open(struct previous *old, int fd, const struct format *format,
		   previous_gone_fn *gone, void *arg);
/* Is a source on it? They come in the order of addresses, each once. */
bool previous_has(struct previous *old, const struct nolist_source *src);
void previous_end(struct previous *old);
/* The first address or prefix in a line that can be a source. */
bool previous_source(const char *line, struct nolist_source *src);

#endif
