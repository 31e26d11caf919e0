/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log that grows and is rotated, in parts: what is behind the place that was read up to. That place is
 * known by the bytes before it, so it is found again in whatever file they are by now: renamed, or copied
 * and cut off.
 */
#ifndef NOLIST_MAILLOG_FOLLOW_H
#define NOLIST_MAILLOG_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* All zero: nothing was read yet. */
struct maillog_place {
	uint64_t inode, offset;
	uint64_t mark; /* of the bytes before the offset; 63 bits */
};

struct maillog_part {
	FILE *file;        /* the caller closes it; NULL: there is nothing new */
	uint64_t start, end; /* whole lines */
	uint64_t left;     /* bytes of this file behind them */
	bool is_lost;      /* the place is in no file: what was between may be lost */
	struct maillog_place next; /* where the next part begins */
};

/*
 * The next part, of max bytes at most. 0, or -errno: the log cannot be read, or is no regular file
 * (-EINVAL).
 */
int maillog_next_part(const char *path, const struct maillog_place *at, uint64_t max,
		      struct maillog_part *part);

#endif
