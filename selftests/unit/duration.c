// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times as people write them, and back without a loss; and the name that is meant by a
 * mistyped one. Why it matters: a time that is read as another one lists too early, and
 * the wrong hint is worse than none.
 */
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/base/duration.h"
#include "user/base/similar.h"

static const struct {
	const char *text;
	int64_t seconds; /* -1: it is refused */
	const char *back;
} rows[] = {
	{ "0", 0, "0s" },
	{ "90", 90, "1m30s" },
	{ "90s", 90, "1m30s" },
	{ "15m", 900, "15m" },
	{ "15 min", 900, "15m" },
	{ "2h30m", 9000, "2h30m" },
	{ "1 hour 30 minutes", 5400, "1h30m" },
	{ "1d", 86400, "1d" },
	{ "7 days", 604800, "7d" },
	{ "7 Days", 604800, "7d" },
	{ "2w", 1209600, "14d" },
	{ "1w 1d 1h 1m 1s", 694861, "8d1h1m1s" },
	{ "604800", 604800, "7d" },
	{ "", -1, NULL },
	{ " 1d", -1, NULL },
	{ "d", -1, NULL },
	{ "1x", -1, NULL },
	{ "1da", -1, NULL },
	{ "-1d", -1, NULL },
	{ "1.5d", -1, NULL },
	{ "1h 1d", -1, NULL },
	{ "1d 1d", -1, NULL },
	{ "1d 5", -1, NULL },
	{ "5 5", -1, NULL },
	{ "1 month", -1, NULL },
	{ "1d,", -1, NULL },
	{ "9999999999999", -1, NULL },
	{ "999999999999w", -1, NULL },
};

static void test_durations(void)
{
	char text[DURATION_TEXT];
	int64_t s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = -1;
		if (duration_parse(rows[i].text, &s))
			s = -1;
		if (!tap_ok(s == rows[i].seconds, "'%s' is %lld seconds", rows[i].text,
			    (long long)rows[i].seconds))
			tap_diag("got %lld", (long long)s);
		if (rows[i].back)
			tap_ok(!strcmp(duration_text(s, text), rows[i].back), "printed as %s",
			       rows[i].back);
	}
	for (s = 0; s < 100000000; s = s * 3 + 1) {
		int64_t again = -1;

		if (duration_parse(duration_text(s, text), &again) || again != s)
			break;
	}
	tap_ok(s >= 100000000, "what is printed is read as the same");
}

static const char *meant(const char *word)
{
	static const char *const names[] = { "load", "unload", "explain", "grace", "growth",
					     "interface", "eth0", "dump" };
	struct similar s;
	size_t i;

	similar_start(&s, word);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		similar_try(&s, names[i]);
	return s.best ? s.best : "";
}

static void test_similar(void)
{
	static const char *const words[][2] = {
		{ "lod", "load" },   { "laod", "load" },       { "grase", "grace" },
		{ "intrface", "interface" }, { "explian", "explain" }, { "unlod", "unload" },
		{ "eth1", "eth0" },  { "dmup", "dump" },       { "x", "" },
		{ "GRACE", "grace" },
		{ "colour", "" },    { "", "" },               { "status", "" },
		{ "dumpdumpdumpdumpdumpdumpdumpdumpdump", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!tap_ok(!strcmp(meant(words[i][0]), words[i][1]), "'%s' means '%s'", words[i][0],
			    words[i][1]))
			tap_diag("got '%s'", meant(words[i][0]));
}

int main(void)
{
	test_durations();
	test_similar();
	return tap_done();
}
