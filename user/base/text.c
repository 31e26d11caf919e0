// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times and ages <-> text, and names with their control characters escaped.
 */
#define _GNU_SOURCE /* strptime */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/text.h"

#define YEAR_MAX 253402300799ll /* the last second of the year 9999 */

const char *text_time(int64_t time, char text[TEXT_TIME])
{
	time_t t = time < 0 ? 0 : time > YEAR_MAX ? YEAR_MAX : time;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, TEXT_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return text;
}

int text_time_parse(const char *text, int64_t *time)
{
	size_t digits = strspn(text, "0123456789");
	char again[TEXT_TIME];
	struct tm tm = {};
	const char *end;
	int64_t got;

	if (digits && !text[digits]) {
		if (digits > 12)
			return -EINVAL;
		*time = strtoll(text, NULL, 10);
		return 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return -EINVAL;
	got = timegm(&tm);
	/* timegm() accepts a 31st of February. */
	if (got < 0 || strcmp(text_time(got, again), text))
		return -EINVAL;
	*time = got;
	return 0;
}

const char *text_age(int64_t seconds, char text[TEXT_AGE])
{
	static const struct {
		int64_t size;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	int i = 0;

	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].size)
		i++;
	snprintf(text, TEXT_AGE, "%lld%c", (long long)(seconds / units[i].size), units[i].unit);
	return text;
}

void text_name(const char *name, int width)
{
	int n = 0;

	for (; *name; name++)
		n += (unsigned char)*name < 0x20 || (unsigned char)*name >= 0x7f ?
			     printf("\\x%02x", (unsigned char)*name) :
			     printf("%c", *name);
	printf("%*s", n < width ? width - n : 0, "");
}
