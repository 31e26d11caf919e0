/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lengths of time <-> text, in the configuration, on the command line and in messages.
 */
#ifndef NOLIST_DURATION_H
#define NOLIST_DURATION_H

#include <stdint.h>

#define DURATION_TEXT 40 /* bytes of a duration as text, at most */

/*
 * Reads 90, 90s, 15m, 2h30m, 1d, 2w, "7 days" or "1 hour 30 min": a number alone is in
 * seconds, else each number has its unit, the largest first. 0 or -EINVAL.
 */
int duration_parse(const char *text, int64_t *seconds);
/* The same seconds as 7d, 1h30m or 0s; without rounding. */
const char *duration_text(int64_t seconds, char text[DURATION_TEXT]);

#endif
