// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times as logs write them -> seconds since 1970. A fraction of a second is dropped; a leap
 * second counts as the second before it. What strptime() takes too lightly (blanks, signs,
 * missing digits) is checked by its shape first.
 */
#define _GNU_SOURCE /* strptime, timegm */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/stamp.h"
#include "user/base/text.h"

#define STAMP_MAX 48 /* bytes of the longest form */

/*
 * Does text begin with this shape? 9: a digit, a: a letter, _: a digit or a blank, T: a T or
 * a blank; anything else is itself. Its length, or 0.
 */
static size_t has_shape(const char *text, const char *shape)
{
	size_t i;

	for (i = 0; shape[i]; i++) {
		char c = text[i];
		bool is_digit = c >= '0' && c <= '9';

		switch (shape[i]) {
		case '9':
			if (!is_digit)
				return 0;
			break;
		case '_':
			if (!is_digit && c != ' ')
				return 0;
			break;
		case 'a':
			if (!isalpha((unsigned char)c))
				return 0;
			break;
		case 'T':
			if (c != 'T' && c != ' ')
				return 0;
			break;
		default:
			if (c != shape[i])
				return 0;
		}
	}
	return i;
}

static size_t fraction(const char *text)
{
	size_t n = *text == '.' || *text == ',' ? strspn(text + 1, "0123456789") : 0;

	return n && n <= 9 ? n + 1 : 0;
}

/* Z, +01:00, +0100, +01, or one of these two names, perhaps after a blank; 0: none. */
static size_t zone(const char *text, int *offset_s)
{
	const char *at = text + (*text == ' ');
	int hours, minutes = 0;
	size_t n;

	*offset_s = 0;
	if (*at == 'Z' && at == text)
		return 1;
	if (!strncmp(at, "UTC", 3) || !strncmp(at, "GMT", 3))
		return at - text + 3;
	if (*at != '+' && *at != '-')
		return 0;
	n = has_shape(at + 1, "99:99");
	if (!n)
		n = has_shape(at + 1, "9999");
	if (!n)
		n = has_shape(at + 1, "99");
	if (!n)
		return 0;
	hours = (at[1] - '0') * 10 + at[2] - '0';
	if (n > 2)
		minutes = (at[n - 1] - '0') * 10 + at[n] - '0';
	if (hours > 23 || minutes > 59)
		return 0;
	*offset_s = (*at == '-' ? -60 : 60) * (hours * 60 + minutes);
	return at - text + 1 + n;
}

static bool parse(const char *text, size_t size, const char *form, struct tm *tm)
{
	char copy[STAMP_MAX];
	const char *end;

	memcpy(copy, text, size);
	copy[size] = '\0';
	*tm = (struct tm){ .tm_isdst = -1 };
	end = strptime(copy, form, tm);
	if (!end || *end)
		return false;
	if (tm->tm_sec == 60)
		tm->tm_sec = 59;
	return true;
}

/* -1: there is no such day, as 31 February. */
static int64_t seconds_of(struct tm tm, bool has_zone, int offset_s)
{
	int day = tm.tm_mday;
	int64_t time = has_zone ? timegm(&tm) : mktime(&tm);

	return tm.tm_mday == day ? time - offset_s : -1;
}

/* 2026-01-02T03:04:05.678+01:00, and as exim and journalctl write it. */
static size_t read_dated(const char *text, struct stamp *to)
{
	static const char shape[] = "9999-99-99T99:99:99";
	size_t day = has_shape(text, "aaa "), n, size;
	struct tm tm;
	int offset_s;

	text += day;
	n = has_shape(text, shape);
	if (!n || !parse(text, n, text[10] == 'T' ? "%Y-%m-%dT%T" : "%Y-%m-%d %T", &tm))
		return 0;
	n += fraction(text + n);
	size = zone(text + n, &offset_s);
	to->has_year = true;
	to->has_zone = size;
	to->time = seconds_of(tm, size, offset_s);
	n += size;
	/* After a weekday journalctl names the local zone: "Fri 2026-01-02 03:04:05 CET". */
	if (day && !size && text[n] == ' ') {
		size = strspn(text + n + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		n += size >= 3 && size <= 5 ? size + 1 : 0;
	}
	return to->time < 0 ? 0 : day + n;
}

/* The last year that has this day: 29 February is not in every year. */
static int64_t last_such(const struct tm *tm, int64_t now)
{
	time_t t = now;
	struct tm today, that;
	int64_t time;
	int back;

	localtime_r(&t, &today);
	for (back = 0; back < 9; back++) {
		that = *tm;
		that.tm_year = today.tm_year - back;
		time = seconds_of(that, false, 0);
		if (time >= 0 && time <= now + DAY_S)
			return time;
	}
	return -1;
}

/* Jan  2 03:04:05.678, with or without a year. */
static size_t read_short(const char *text, int64_t now, struct stamp *to)
{
	size_t n = has_shape(text, "aaa _9 99:99:99");
	struct tm tm;

	to->has_zone = false;
	to->has_year = !n;
	if (n) {
		if (!parse(text, n, "%b %d %T", &tm))
			return 0;
		to->time = last_such(&tm, now);
	} else {
		n = has_shape(text, "aaa _9 9999 99:99:99");
		if (!n || !parse(text, n, "%b %d %Y %T", &tm))
			return 0;
		to->time = seconds_of(tm, false, 0);
	}
	return to->time < 0 ? 0 : n + fraction(text + n);
}

static size_t read_seconds(const char *text, struct stamp *to)
{
	size_t n = strspn(text, "0123456789");

	/* Of the years 1973 to 5138: smaller and larger numbers are something else. */
	if (n < 9 || n > 11)
		return 0;
	*to = (struct stamp){ strtoll(text, NULL, 10), true, true };
	return n + fraction(text + n);
}

size_t stamp_read(const char *text, size_t size, int64_t now, struct stamp *to)
{
	char start[STAMP_MAX];
	size_t n;

	if (size > sizeof(start) - 1)
		size = sizeof(start) - 1;
	memcpy(start, text, size);
	start[size] = '\0';
	n = read_dated(start, to);
	if (!n)
		n = read_short(start, now, to);
	if (!n)
		n = read_seconds(start, to);
	return n && (!start[n] || start[n] == ' ' || start[n] == '\t') ? n : 0;
}
