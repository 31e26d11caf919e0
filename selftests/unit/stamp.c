// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times as logs write them: each form is read to the second, what is none is refused, a time
 * without a year is the last such. Why it matters: a delivery of the wrong hour is compared
 * with the wrong list, and one of the wrong year is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "selftests/lib/tap.h"
#include "user/base/stamp.h"

#define NOW 1796137200 /* 2026-12-01T15:00:00Z */
#define T 1795874640   /* 2026-11-28T14:04:00Z */

/* In a zone one hour east of UTC. */
static const struct {
	const char *text;
	int64_t time; /* 0: refused */
	size_t size;  /* of the time; 0: all */
	const char *facts; /* y: has a year, z: has a zone */
} rows[] = {
	{"2026-11-28T14:04:00Z", T, 0, "yz"},
	{"2026-11-28T14:04:00.123456789Z mx", T, 30, "yz"},
	{"2026-11-28T15:04:00+01:00", T, 0, "yz"},
	{"2026-11-28T15:04:00+0100 mx", T, 24, "yz"},
	{"2026-11-28T15:04:00+01", T, 0, "yz"},
	{"2026-11-28T13:34:00-00:30", T, 0, "yz"},
	{"2026-11-28 15:04:00", T, 0, "y"},
	{"2026-11-28 15:04:00.123 +0100 [77] x", T, 29, "yz"},
	{"2026-11-28 15:04:00,123 x", T, 23, "y"},
	{"2026-11-28 14:04:00 UTC", T, 0, "yz"},
	{"Sat 2026-11-28 15:04:00 CET mx", T, 27, "y"},
	{"Sat 2026-11-28 14:04:00 UTC mx", T, 27, "yz"},
	{"Sat 2026-11-28 15:04:00.123456 CET mx", T, 34, "y"},
	{"Nov 28 15:04:00 mx", T, 15, ""},
	{"Nov 28 15:04:00.123 mx", T, 19, ""},
	{"Nov 28 2026 15:04:00 mx", T, 20, "y"},
	{"Nov  8 15:04:00 mx", T - 20 * 86400, 15, ""},
	{"Nov 08 15:04:00 mx", T - 20 * 86400, 15, ""},
	{"Dec  2 15:04:00", T + 4 * 86400, 0, ""}, /* a clock that is a little ahead */
	{"Dec  3 15:04:00", T - 360 * 86400, 0, ""},
	{"Feb 29 12:00:00", 1709204400, 0, ""}, /* of 2024 */
	{"1795874640", T, 0, "yz"},
	{"1795874640.123456 mx", T, 17, "yz"},
	{"2026-11-28T23:59:60Z", 1795910399, 0, "yz"},
	{"2026-11-28T14:04:00Zmx", 0, 0, ""},
	{"2026-11-28T14:04:00.1234567890Z", 0, 0, ""},
	{"2026-11-28T14:04:00+24:00", 0, 0, ""},
	{"2026-11-28T14:04:00+01:60", 0, 0, ""},
	{"2026-11-28T14:04", 0, 0, ""},
	{"2026-11-31T14:04:00Z", 0, 0, ""},
	{"2026-13-28T14:04:00Z", 0, 0, ""},
	{"2026-11-28T24:04:00Z", 0, 0, ""},
	{"2026-11-28T1 :04:00Z", 0, 0, ""},
	{"26-11-28T14:04:00Z", 0, 0, ""},
	{"Nov 31 15:04:00", 0, 0, ""},
	{"Feb 30 15:04:00", 0, 0, ""},
	{"Nov 28 15:04", 0, 0, ""},
	{"Nov 2815:04:00", 0, 0, ""},
	{"Nix 28 15:04:00", 0, 0, ""},
	{"Nov 28 15:04:00: mx", 0, 0, ""},
	{"12345678", 0, 0, ""},
	{"123456789012", 0, 0, ""},
	{"-1795874640", 0, 0, ""},
	{" 1795874640", 0, 0, ""},
	{"yesterday", 0, 0, ""},
	{"", 0, 0, ""},
};

static void test_row(size_t i)
{
	size_t size = strlen(rows[i].text), wanted = rows[i].size ? rows[i].size : size, n;
	struct stamp s = {};

	n = stamp_read(rows[i].text, size, NOW, &s);
	if (!rows[i].time) {
		tap_ok(!n, "'%s' is no time", rows[i].text);
		return;
	}
	if (!tap_ok(n == wanted && s.time == rows[i].time &&
			    s.has_year == !!strchr(rows[i].facts, 'y') &&
			    s.has_zone == !!strchr(rows[i].facts, 'z'),
		    "'%s' is read", rows[i].text))
		tap_diag("%zu bytes, time %lld, year %d, zone %d", n, (long long)s.time, s.has_year,
			 s.has_zone);
}

int main(void)
{
	size_t i;

	setenv("TZ", "XXX-1", 1);
	tzset();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		test_row(i);
	return tap_done();
}
