/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times <-> text. UTC, always: a list is read on other hosts, in other zones. And
 * names that are somebody's, for eyes.
 */
#ifndef NOLIST_TEXT_H
#define NOLIST_TEXT_H

#include <stdint.h>

/* Seconds. */
#define HOUR_S 3600
#define DAY_S 86400

#define TEXT_TIME 32 /* room for a time as text */
#define TEXT_AGE 24  /* room for an age as text */

/* 2026-01-02T03:04:05Z */
const char *text_time(int64_t time, char text[TEXT_TIME]);
/* Seconds since 1970, or as above: 0, or -EINVAL. */
int text_time_parse(const char *text, int64_t *time);
/* 42s, 3m, 2h, 5d: the largest unit that fits at least once, rounded down. */
const char *text_age(int64_t seconds, char text[TEXT_AGE]);
/*
 * On standard output, at least so wide: names of files and interfaces are somebody's,
 * so nothing in them reaches the terminal raw.
 */
void text_name(const char *name, int width);

#endif
