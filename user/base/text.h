/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times <-> text, and names made safe for a terminal. Times are always UTC: a list is
 * read on other hosts, in other time zones.
 */
#ifndef NOLIST_TEXT_H
#define NOLIST_TEXT_H

#include <stdint.h>

#include "bpf/abi.h"

/* Seconds, of the clock that evidence is counted by; SQL has them as text, too. */
#define HOUR_S NOLIST_HOUR
#define DAY_S (24 * HOUR_S)

#define TEXT_TIME 32 /* bytes of a time as text, at most */
#define TEXT_AGE 24  /* bytes of an age as text, at most */

/* Seconds since 1970 as 2026-01-02T03:04:05Z (RFC 3339). */
const char *text_time(int64_t time, char text[TEXT_TIME]);
/* Reads that form, or a number of seconds since 1970: 0 or -EINVAL. */
int text_time_parse(const char *text, int64_t *time);
/* 42s, 3m, 2h, 5d: the largest unit that fits at least once, rounded down. */
const char *text_age(int64_t seconds, char text[TEXT_AGE]);
/*
 * Prints a name to standard output, padded to width. Others choose the names of files and
 * interfaces, so bytes that a terminal would act on are shown as \xNN.
 */
void text_name(const char *name, int width);

#endif
