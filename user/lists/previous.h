/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is on a list that was written before: read line by line, in any format, to
 * tell what a new one adds and removes, and who stays on it.
 */
#ifndef NOLIST_OLDLIST_H
#define NOLIST_OLDLIST_H

#include "user/lists/format.h"

typedef void oldlist_gone_fn(const struct nolist_source *src, void *arg);

struct oldlist {
	int fd; /* -1: there is none */
	bool (*source)(const char *line, struct nolist_source *src);
	struct nolist_source next; /* not passed yet */
	bool has_next;
	size_t used, at; /* bytes in the buffer, and read of them */
	size_t count;   /* sources that were passed */
	size_t removed; /* of these, those that were not asked for, or not kept */
	oldlist_gone_fn *gone; /* each of these; or NULL */
	void *arg;
	char bytes[1 << 16];
};

/* fd stays the caller's. */
void oldlist_open(struct oldlist *old, int fd, const struct format *format, oldlist_gone_fn *gone,
		  void *arg);
/* Is a source on it? They come in the order of addresses, each once. */
bool oldlist_has(struct oldlist *old, const struct nolist_source *src);
void oldlist_end(struct oldlist *old);
/* The first address or prefix in a line that can be a source. */
bool oldlist_source(const char *line, struct nolist_source *src);

#endif
