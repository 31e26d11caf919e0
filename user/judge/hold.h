/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: what holds additions to the lists back. They never take anybody off: who
 * is on a list stays there while he is held, until his time is over.
 */
#ifndef NOLIST_HOLD_H
#define NOLIST_HOLD_H

#include "user/judge/verdict.h"

enum hold {
	HOLD_GAPS,      /* verified evidence was lost near an offence */
	HOLD_LEARNING,  /* the offence is of the learning time, or it is that now */
	HOLD_UNSEEN,    /* nobody was at the real MX lately */
	HOLD_UNHEALTHY, /* the real MX answered too few */
	HOLD_GROWTH,    /* the list has grown enough for a day */
	HOLDS,
	HOLD_NONE = HOLDS
};

extern const char *const hold_names[HOLDS];
extern const char *const hold_reasons[HOLDS]; /* in words */

/*
 * What holds a source back that would be listed otherwise. Pure; of growth the
 * list decides (lists/growth.h).
 */
enum hold hold_of(const struct verdict *v, const struct site *site, int64_t now);

#endif
