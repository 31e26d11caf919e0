/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is on a list that was written before: read line by line, in any format, to
 * tell what a new one adds and removes. Nothing but that depends on it.
 */
#ifndef NOLIST_OLDLIST_H
#define NOLIST_OLDLIST_H

#include "out.h"

struct oldlist {
	int fd; /* -1: there is none */
	bool (*source)(const char *line, struct nolist_source *src);
	struct nolist_source next; /* not passed yet */
	bool has_next;
	size_t used, at; /* bytes in the buffer, and read of them */
	size_t added, removed;
	char bytes[1 << 16];
};

/* fd stays the caller's. */
void oldlist_open(struct oldlist *old, int fd, const struct output *format);
/* A source of the new list; they come in the order of addresses. */
void oldlist_add(struct oldlist *old, const struct nolist_source *src);
void oldlist_end(struct oldlist *old);
/* The first address or prefix in a line that can be a source. */
bool oldlist_source(const char *line, struct nolist_source *src);

#endif
