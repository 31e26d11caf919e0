// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lengths of time <-> text. There are no months and years: they differ in length.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/duration.h"

#define DIGITS_MAX 12
#define SECONDS_MAX (1ll << 40) /* more than any rule can hold */

/* The largest first; the first name of each is the one that is printed. */
static const struct unit {
	int64_t size;
	const char *names[6];
} units[] = {
	{ 604800, { "w", "week", "weeks" } },
	{ 86400, { "d", "day", "days" } },
	{ 3600, { "h", "hour", "hours" } },
	{ 60, { "m", "min", "minute", "minutes" } },
	{ 1, { "s", "sec", "second", "seconds" } },
};

#define UNITS (int)(sizeof(units) / sizeof(*units))
#define UNIT_DAY 1

static int unit_of(const char *word, size_t size)
{
	int i, k;

	for (i = 0; i < UNITS; i++)
		for (k = 0; units[i].names[k]; k++)
			if (strlen(units[i].names[k]) == size &&
			    !strncasecmp(word, units[i].names[k], size))
				return i;
	return -1;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

int duration_parse(const char *text, int64_t *seconds)
{
	int64_t sum = 0, n;
	int unit, last = -1;
	size_t size;

	do {
		size = strspn(text, "0123456789");
		if (!size || size > DIGITS_MAX)
			return -EINVAL;
		n = strtoll(text, NULL, 10);
		text = skip_blanks(text + size);
		if (!*text && last < 0) {
			*seconds = n;
			return 0;
		}
		size = strcspn(text, " \t0123456789");
		unit = unit_of(text, size);
		if (unit <= last || n > SECONDS_MAX / units[unit].size)
			return -EINVAL;
		sum += n * units[unit].size;
		last = unit;
		text = skip_blanks(text + size);
	} while (*text);
	*seconds = sum;
	return 0;
}

const char *duration_text(int64_t seconds, char text[DURATION_TEXT])
{
	int i, n = 0;

	*text = '\0';
	for (i = UNIT_DAY; i < UNITS; i++) {
		int64_t count = seconds / units[i].size;

		if (!count)
			continue;
		n += snprintf(text + n, DURATION_TEXT - n, "%lld%s", (long long)count,
			      units[i].names[0]);
		seconds -= count * units[i].size;
	}
	if (!n)
		strcpy(text, "0s");
	return text;
}
