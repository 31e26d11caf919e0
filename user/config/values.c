// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values of the kinds that several keys have; what is wrong is noted in the conf.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/duration.h"
#include "user/config/values.h"

/* Parses a decimal number from min to max, with nothing before or after it. */
int value_number(const char *value, unsigned long min, unsigned long max, unsigned int *number)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long n;

	if (!digits || digits > 10 || value[digits])
		return -EINVAL;
	n = strtoul(value, NULL, 10);
	if (n < min || n > max)
		return -EINVAL;
	*number = n;
	return 0;
}

int value_set_number(struct conf *conf, const char *value, const char *where, unsigned int min,
		     unsigned int max, unsigned int *number)
{
	if (!value_number(value, min, max, number))
		return 0;
	conf_note(conf, true, "%s: '%s' is not a number from %u to %u", where, value, min, max);
	return -EINVAL;
}

/* Sets a length of time. INT_MAX as max is as good as none, and would only puzzle. */
int value_set_time(struct conf *conf, const char *value, const char *where, unsigned int min,
		    unsigned int max, unsigned int *seconds)
{
	char from[DURATION_TEXT], to[DURATION_TEXT];
	int64_t s;

	if (!duration_parse(value, &s) && s >= min && s <= max) {
		*seconds = s;
		return 0;
	}
	duration_text(min, from);
	duration_text(max, to);
	conf_note(conf, true, "%s: '%s' is not a time from %s%s%s, such as 90s, 12h or 7d", where,
		  value, from, max == INT_MAX ? "" : " to ", max == INT_MAX ? " on" : to);
	return -EINVAL;
}

/* Sets a key whose value is "accept" or another word. */
int value_set_accepted(struct conf *conf, const char *value, const char *where, const char *else_,
			bool *is_accepted)
{
	*is_accepted = !strcmp(value, "accept");
	if (*is_accepted || !strcmp(value, else_))
		return 0;
	conf_note(conf, true, "%s: '%s' is not accept or %s", where, value, else_);
	return -EINVAL;
}

int value_set_yes_no(struct conf *conf, const char *value, const char *where, bool *is_yes)
{
	*is_yes = !strcmp(value, "yes") || !strcmp(value, "true") || !strcmp(value, "on");
	if (*is_yes || !strcmp(value, "no") || !strcmp(value, "false") || !strcmp(value, "off"))
		return 0;
	conf_note(conf, true, "%s: '%s' is not yes or no", where, value);
	return -EINVAL;
}

/* Sets a text for a reply: RFC 5321 4.2 allows only printable ASCII there. */
int value_set_text(struct conf *conf, const char *value, const char *where, size_t max,
		    bool has_blanks, char **text)
{
	char first = has_blanks ? ' ' : '!';
	char *copy;
	size_t i;

	for (i = 0; value[i] >= first && value[i] <= '~'; i++)
		;
	if (!i || value[i] || i > max) {
		conf_note(conf, true, "%s: '%s' is not 1 to %zu characters of printable ASCII%s",
			  where, value, max, has_blanks ? "" : " without blanks");
		return -EINVAL;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}
