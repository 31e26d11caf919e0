/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: reasons for which additions to the lists wait. A hold never removes a source: one
 * that is already listed stays listed while it is held, until its listing ends.
 */
#ifndef NOLIST_HOLD_H
#define NOLIST_HOLD_H

#include "user/base/duration.h"
#include "user/base/text.h"
#include "user/judge/verdict.h"

enum hold {
	HOLD_GAPS,      /* verified evidence was lost near an offence */
	HOLD_FLOOD,     /* a flood may have hidden contacts that excuse their offences */
	HOLD_LEARNING,  /* the offence was while learning, or learning is not over */
	HOLD_UNSEEN,    /* no source was at the real MX lately */
	HOLD_UNHEALTHY, /* the real MX answered too few connections */
	HOLD_GROWTH,    /* the list has grown enough for a day */
	HOLDS,
	HOLD_NONE = HOLDS
};

extern const char *const hold_names[HOLDS];
extern const char *const hold_reasons[HOLDS]; /* in words */

#define LEARNING_TEXT 192
/* Until when nobody is listed, and what comes then. */
const char *learning_text(int64_t until, const struct rules *rules, char text[LEARNING_TEXT]);

/*
 * The hold of a source that would be listed otherwise, or HOLD_NONE; now in seconds
 * since 1970. Pure. Never HOLD_GROWTH: that depends on the list (lists/growth.h).
 */
enum hold hold_of(const struct verdict *v, const struct site *site, int64_t now);

#endif
