// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words and numbers of the live view, as wide as its columns.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/top/private.h"

const char *top_number(uint64_t n, char text[TOP_NUMBER])
{
	static const char unit[] = "kMGTPE";
	double d = n;
	int i = -1;

	if (n < 1000000) {
		snprintf(text, TOP_NUMBER, "%" PRIu64, n);
		return text;
	}
	for (; d >= 999.95 && i < 5; d /= 1000)
		i++;
	snprintf(text, TOP_NUMBER, "%.1f%c", d, unit[i]);
	return text;
}

const char *top_per_second(int64_t tenths, char text[TOP_NUMBER])
{
	if (tenths < 0)
		return strcpy(text, "-");
	if (!tenths || tenths >= 1000)
		return top_number((tenths + 5) / 10, text);
	snprintf(text, TOP_NUMBER, "%d.%d", (int)(tenths / 10), (int)(tenths % 10));
	return text;
}

const char *top_ago(int64_t now, int64_t at, char text[TEXT_AGE])
{
	return at ? text_age(now - at, text) : strcpy(text, "-");
}

unsigned int top_percent(unsigned int n, unsigned int of)
{
	return of ? 100ull * n / of : 0;
}

/* After a semicolon, if there is something before it. */
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	if (n)
		n += snprintf(text + n, size - n, "; ");
	if (n < size)
		vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

static void append_families(char *text, size_t size, const char *what, const bool is[2])
{
	if (is[0] || is[1])
		append(text, size, "%s (%s)", what,
		       !is[1] ? "IPv4" : !is[0] ? "IPv6" : "IPv4, IPv6");
}

void top_holds(const struct top_view *v, char *text, size_t size)
{
	char until[TEXT_TIME];
	int i;

	*text = '\0';
	if (v->learning_until)
		append(text, size, "learning until %s", text_time(v->learning_until, until));
	append_families(text, size, "real MX not seen", v->is_unseen);
	append_families(text, size, "real MX unhealthy", v->is_unhealthy);
	for (i = 0; i < HOLD_GROWTH; i++)
		if (v->held[i])
			append(text, size, "%s %" PRIu64, hold_names[i], v->held[i]);
	if (v->held_growth)
		append(text, size, "%s %" PRIu64, hold_names[HOLD_GROWTH], v->held_growth);
}

void top_reason(const struct top_listing *l, char *text, size_t size)
{
	size_t n = snprintf(text, size, "%u strong", l->strong);

	if (l->weak && n < size)
		n += snprintf(text + n, size - n, ", %u weak", l->weak);
	if (n < size)
		n += snprintf(text + n, size - n, l->strong + l->weak == 1 ? " offence" : " offences");
	if (l->hold < HOLDS && n < size)
		snprintf(text + n, size - n, "; held: %s", hold_names[l->hold]);
}
