// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of a file as the lists, allow files and domains take them: without comments and blanks,
 * whatever ends them, and each wrong one counted by its number. Why it matters: a line of an allow
 * file that is read as another one lists somebody who is allowed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "selftests/lib/tap.h"
#include "user/base/lines.h"

static char got[4096];

/* "NUMBER:LINE;" of each; "wrong" is. */
static int take(char *line, unsigned int number, void *arg)
{
	(void)arg;
	sprintf(got + strlen(got), "%u:%s;", number, line);
	return !strcmp(line, "wrong") ? -EINVAL : !strcmp(line, "stop") ? -ENOMEM : 0;
}

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *what, *text;
	size_t size;
	const char *lines;
	unsigned int first, count; /* of wrong ones */
} rows[] = {
	{ "nothing", TEXT(""), "", 0, 0 },
	{ "a line, and one without an end", TEXT("a\nb"), "1:a;2:b;", 0, 0 },
	{ "empty ones count", TEXT("\n\n \t\na\n\n"), "4:a;", 0, 0 },
	{ "comments", TEXT("#x\na#x\nb # x # y\n  # x\n"), "2:a;3:b;", 0, 0 },
	{ "blanks around, none within", TEXT(" \t\v\f\ra b\tc \t\v\f\r\n"), "1:a b\tc;", 0, 0 },
	{ "ends of other systems", TEXT("a\r\nb\r\n"), "1:a;2:b;", 0, 0 },
	{ "bytes of all kinds", TEXT("\xff\x1f\x21\n"), "1:\xff\x1f\x21;", 0, 0 },
	{ "wrong ones", TEXT("a\nwrong\nb\nwrong #\n"), "1:a;2:wrong;3:b;4:wrong;", 2, 2 },
	{ "a zero byte", TEXT("a\nb\0c\n#\0\nd\n"), "1:a;4:d;", 2, 2 },
};

static void test_rows(void)
{
	struct lines_bad bad;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		*got = '\0';
		if (!tap_ok(!lines_each(rows[i].text, rows[i].size, take, NULL, &bad) &&
				    !strcmp(got, rows[i].lines) && bad.first == rows[i].first &&
				    bad.count == rows[i].count,
			    "%s", rows[i].what))
			tap_diag("got %s, %u wrong from line %u", got, bad.count, bad.first);
	}
}

/* The longest, one that is longer, and an error that ends the walk. */
static void test_ends(void)
{
	static char text[2 * LINES_LINE_MAX + 4];
	struct lines_bad bad;

	memset(text, 'x', LINES_LINE_MAX);
	strcpy(text + LINES_LINE_MAX, "\nb");
	*got = '\0';
	tap_ok(!lines_each(text, strlen(text), take, NULL, &bad) && !bad.count &&
		       strlen(got) == LINES_LINE_MAX + strlen("1:;2:b;"), "the longest line");
	text[LINES_LINE_MAX] = '#';
	text[LINES_LINE_MAX + 1] = '\n';
	*got = '\0';
	tap_ok(!lines_each(text, strlen(text), take, NULL, &bad) && bad.first == 1 && bad.count == 1 &&
		       !*got, "one that is longer, if only by a comment, is wrong");
	*got = '\0';
	tap_ok(lines_each(TEXT("a\nstop\nb\n"), take, NULL, &bad) == -ENOMEM &&
		       !strcmp(got, "1:a;2:stop;"), "another error ends the walk");
}

int main(void)
{
	test_rows();
	test_ends();
	return tap_done();
}
