/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line of the list that the look-up page reads: source, listed since and until, tier, walks so
 * far, and from when the next one counts; times in seconds since 1970, 0: at any time.
 */
#ifndef NOLIST_PAGE_ROW_H
#define NOLIST_PAGE_ROW_H

#define PAGE_ROW 62
#define PAGE_ROW_FORMAT "%-24.24s %010lld %010lld %1d %1u %010lld\n"
#define PAGE_TIME_MAX 9999999999ll

#endif
