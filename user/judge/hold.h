/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuses: what holds additions to the lists back. They never take anybody off: who
 * is on a list stays there while he is held, until his time is over.
 */
#ifndef NOLIST_FUSE_H
#define NOLIST_FUSE_H

#include "user/judge/verdict.h"

enum fuse {
	FUSE_LOSSES,    /* verified evidence was lost near an offence */
	FUSE_LEARNING,  /* the offence is of the learning time, or it is that now */
	FUSE_UNSEEN,    /* nobody was at the real MX lately */
	FUSE_UNHEALTHY, /* the real MX answered too few */
	FUSE_GROWTH,    /* the list has grown enough for a day */
	FUSES,
	FUSE_NONE = FUSES
};

extern const char *const fuse_names[FUSES];
extern const char *const fuse_reasons[FUSES]; /* in words */

/*
 * What holds a source back that would be listed otherwise. Pure; of growth the
 * list decides (lists/growth.h).
 */
enum fuse fuse_of(const struct verdict *v, const struct site *site, int64_t now);

#endif
