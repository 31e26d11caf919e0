/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the look-up page and the program that makes its list tell each other.
 *
 * In the list: a line for each source, with when it is listed from and until, tier, walks so far, from
 * when the next one counts, from when it may lift its listing again, and the last hours with offences;
 * times are seconds since 1970, 0: at any time; hours since 1970 are in hex, 0: none. In its head: the
 * page's own address, and the file of lifts.
 *
 * In the file of lifts: a line for each source that asked to lift its listing, with the time.
 */
#ifndef NOLIST_PAGE_ROW_H
#define NOLIST_PAGE_ROW_H

#include "user/base/text.h"

#define PAGE_HOURS 8
#define PAGE_HOUR 6 /* digits */
#define PAGE_ROW (74 + PAGE_HOURS * PAGE_HOUR)
#define PAGE_ROW_FORMAT "%-24.24s %010lld %010lld %1d %1u %010lld %010lld %s\n"
#define PAGE_TIME_MAX 9999999999ll

#define PAGE_URL_HEAD "# url: "
#define PAGE_LIFTS_HEAD "# lifts: "
#define PAGE_URL 100  /* bytes of each, at most */
#define PAGE_PATH 256

#define PAGE_LIFT_FORMAT "%s %lld\n"
#define PAGE_LIFT 48        /* bytes of a line, at most */
#define PAGE_LIFTS 256      /* lines, at most */
#define PAGE_LIFT_S HOUR_S  /* seconds for which a line stays */
#define PAGE_AGAIN_DAYS 30  /* until a source may lift its listing again */
#define PAGE_LIFTS_NETWORK 4 /* of a /24 or /48 in a day */
#define PAGE_LIFTS_DAY 1000  /* of all */

#endif
