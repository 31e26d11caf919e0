/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources on a list that was written before: read line by line, in any format, in a process
 * that can do nothing else, to find what a new list adds, removes and retains.
 */
#ifndef NOLIST_PREVIOUS_H
#define NOLIST_PREVIOUS_H

#include "user/confined/confined.h"
#include "user/lists/format.h"

typedef void previous_gone_fn(const struct nolist_source *src, void *arg);

struct previous {
	struct confined reader; /* of the file */
	struct nolist_source next; /* the next source of the file */
	bool has_next;
	size_t count;   /* sources that were passed */
	size_t removed; /* of these, those that the new list does not have */
	int error;      /* of reading: what follows there is unknown */
	previous_gone_fn *gone; /* called for each of these; or NULL */
	void *arg;
};

/* fd: the file, or -1; the caller closes it. previous_close() is always safe afterwards. */
void previous_open(struct previous *old, int fd, const struct format *format,
		   previous_gone_fn *gone, void *arg);
/* Is a source on it? Call in the order of addresses, once for each; then previous_end(). */
bool previous_has(struct previous *old, const struct nolist_source *src);
void previous_end(struct previous *old);
void previous_close(struct previous *old);
/* Finds the first address or prefix in a line that can be a source; false: none. */
bool previous_source(const char *line, struct nolist_source *src);

#endif
