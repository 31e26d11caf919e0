// SPDX-License-Identifier: GPL-2.0-only
/*
 * A log is written, rotated by rename or by copy and truncate, one time or some between two looks, and
 * read in parts of any size: each byte of it is read once, in order, and only whole lines. Why it matters: a line that
 * is lost is an excuse that is lost, and one that counts twice is mail that never was. tool/maillog has
 * the real logrotate do it.
 */
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/lib/tap.h"
#include "user/maillog/follow.h"

#define FILES 5 /* rotated ones that are kept */

static char dir[] = "/tmp/nolist-follow.XXXXXX";
static char *written, *got; /* all bytes of the log, and what was read of them */
static size_t written_size, got_size;
static unsigned int lines, clock_s;
static struct maillog_place at;
static bool is_lost;

static const char *path_of(int n)
{
	static char path[2][128];
	static int which;

	which = !which;
	if (n)
		snprintf(path[which], sizeof(path[which]), "%s/mail.log.%d", dir, n);
	else
		snprintf(path[which], sizeof(path[which]), "%s/mail.log", dir);
	return path[which];
}

/* Files are made faster here than the clock of a file system ticks. */
static void touch(const char *path)
{
	const struct timespec now[2] = { { .tv_sec = 1800000000 + ++clock_s }, { .tv_sec = 1800000000 + clock_s } };

	utimensat(AT_FDCWD, path, now, 0);
}

static void write_text(const char *text)
{
	FILE *f = fopen(path_of(0), "a");

	fputs(text, f);
	fclose(f);
	touch(path_of(0));
	written = realloc(written, written_size + strlen(text) + 1);
	strcpy(written + written_size, text);
	written_size += strlen(text);
}

static void write_line(const char *end)
{
	char text[400];

	snprintf(text, sizeof(text), "Jan  2 03:04:05 mx postfix/smtpd[%d]: line %u of %*u%s", getpid(), lines, lines % 200, lines, end);
	lines++;
	write_text(text);
}

static void shift(void)
{
	int n;

	for (n = FILES; n > 1; n--)
		rename(path_of(n - 1), path_of(n));
}

/* As "notifempty" has it. */
static void rotate(bool is_copied)
{
	char command[300];
	struct stat st;

	if (stat(path_of(0), &st) || !st.st_size)
		return;
	shift();
	if (is_copied) {
		snprintf(command, sizeof(command), "cp %s %s", path_of(0), path_of(1));
		if (system(command) || truncate(path_of(0), 0))
			abort();
		touch(path_of(1));
		return;
	}
	rename(path_of(0), path_of(1));
	fclose(fopen(path_of(0), "w"));
}

/* Reads all that there is, in parts of max bytes; true: in whole lines. */
static bool read_all(uint64_t max)
{
	struct maillog_part p;
	bool is_whole = true;
	int i;

	for (i = 0; i < 100000; i++) {
		if (maillog_next_part(path_of(0), &at, max, &p))
			break;
		is_lost |= p.is_lost;
		if (!p.file) {
			at = p.next;
			break;
		}
		got = realloc(got, got_size + (p.end - p.start));
		if (pread(fileno(p.file), got + got_size, p.end - p.start, p.start) != (ssize_t)(p.end - p.start))
			abort();
		got_size += p.end - p.start;
		is_whole &= got[got_size - 1] == '\n';
		fclose(p.file);
		at = p.next;
	}
	return is_whole;
}

static void clear(void)
{
	int n;

	for (n = 0; n <= FILES; n++)
		unlink(path_of(n));
	at = (struct maillog_place){};
	written_size = got_size = 0;
	is_lost = false;
	fclose(fopen(path_of(0), "w"));
}

static bool is_same(void)
{
	return got_size == written_size && !memcmp(got, written, got_size);
}

static const struct {
	const char *name;
	const char *steps; /* w: a line; h: half of one; e: its end; m, c: rotated by rename, by copy; n: the first half of m; r: read */
} rows[] = {
	{ "written and read", "wrwrwwwr" },
	{ "read at once", "wwwwwwwwr" },
	{ "half a line waits for its end", "whrerwr" },
	{ "renamed after it was read", "wrmwr" },
	{ "renamed before it was read", "wrwmwr" },
	{ "renamed, and the new one is empty", "wrwmrwr" },
	{ "renamed, and there is no new one yet", "wrnrwr" },
	{ "twice between two looks", "wrwmwmwr" },
	{ "four times between two looks", "wrwmwmwmwmwr" },
	{ "copied and cut off after it was read", "wrcwr" },
	{ "before it was read", "wrwcwr" },
	{ "and has grown longer than it was", "wrwcwwwwwwr" },
	{ "cut off, and the new one is empty", "wrwcrwr" },
	{ "three times between two looks", "wrwcwcwcwr" },
	{ "in both ways", "wrwcwmwr" },
	{ "and the other way round", "wrwmwcwr" },
	{ "empty when it was read first, and renamed", "rwmwr" },
};

static void step(char what, uint64_t max, bool *is_whole)
{
	switch (what) {
	case 'w':
		write_line("\n");
		break;
	case 'h':
		write_line("");
		break;
	case 'e':
		write_text(" end\n");
		break;
	case 'm':
	case 'c':
		rotate(what == 'c');
		break;
	case 'n':
		rotate(false);
		unlink(path_of(0));
		break;
	case 'r':
		*is_whole &= read_all(max);
		break;
	}
}

static void test_rows(void)
{
	static const uint64_t sizes[] = { 1 << 20, 300, 100000 };
	bool is_whole;
	size_t i, j, wrong;
	const char *s;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wrong = 0;
		for (j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
			clear();
			is_whole = true;
			for (s = rows[i].steps; *s; s++)
				step(*s, sizes[j], &is_whole);
			wrong += !is_same() || !is_whole || is_lost;
		}
		if (!tap_ok(!wrong, "%s: each line once", rows[i].name))
			tap_diag("wrote %zu bytes, read %zu%s", written_size, got_size, is_lost ? ", lost" : "");
	}
}

static void test_first(void)
{
	clear();
	write_line("\n");
	rotate(false);
	written_size = 0;
	write_line("\n");
	tap_ok(read_all(1 << 20) && is_same() && !is_lost, "the first look begins with the file that has the name");
}

static void test_lost(void)
{
	clear();
	write_line("\n");
	write_line("\n");
	read_all(1 << 20);
	unlink(path_of(0));
	written_size = got_size = 0;
	write_line("\n");
	tap_ok(read_all(1 << 20) && is_same() && is_lost, "a file that is gone is lost, which it says, and the new one is read");
	rotate(false);
	unlink(path_of(1));
	is_lost = false;
	write_line("\n");
	read_all(1 << 20);
	tap_ok(is_same() && is_lost, "and so again, where it was just as long");
}

static void test_odd(void)
{
	struct maillog_part p;
	char *text = malloc(200001), other[160];
	FILE *f;

	clear();
	memset(text, 'x', 200000);
	text[200000] = '\0';
	write_text(text);
	read_all(1 << 20);
	tap_ok(got_size == 200000, "a line of 200 kB is cut");
	free(text);
	clear();
	write_line("\n");
	read_all(1 << 20);
	rotate(false);
	snprintf(other, sizeof(other), "%s.err", path_of(0));
	f = fopen(other, "w");
	fputs("another log\n", f);
	fclose(f);
	touch(other);
	write_line("\n");
	read_all(1 << 20);
	unlink(other);
	tap_ok(is_same(), "a file of another name is none of it");
	at = (struct maillog_place){};
	unlink(path_of(0));
	tap_ok(maillog_next_part(path_of(0), &at, 100, &p) == -ENOENT, "a log that was never there is told");
	mkdir(path_of(0), 0700);
	tap_ok(maillog_next_part(path_of(0), &at, 100, &p) == -EINVAL, "so is what is no file");
	rmdir(path_of(0));
	mkfifo(path_of(0), 0600);
	tap_ok(maillog_next_part(path_of(0), &at, 100, &p) == -EINVAL, "and a pipe, without waiting for it");
}

/* Any order of these; looks are frequent enough that nothing is rotated out of reach. */
static void test_any(void)
{
	unsigned int seed, i, wrong = 0, since;
	bool is_whole = true;
	char steps[40];

	for (seed = 1; seed <= 60; seed++) {
		srand(seed);
		clear();
		step('w', 0, NULL);
		step('r', 1000, &is_whole);
		for (i = since = 0; i < 40; i++) {
			char what = "wwwwrrmc"[rand() % 8];

			if ((what == 'm' || what == 'c') && ++since == FILES)
				what = 'r';
			if (what == 'r')
				since = 0;
			steps[i] = what;
			step(what, 100 + rand() % 2000, &is_whole);
		}
		step('r', 100000, &is_whole);
		if (!is_same() || !is_whole || is_lost) {
			tap_diag("seed %u: %.*s: %zu of %zu bytes%s", seed, (int)i, steps, got_size, written_size, is_lost ? ", lost" : "");
			wrong++;
		}
	}
	tap_ok(!wrong, "sixty logs of any order: each line once (%u wrong)", wrong);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_rows();
	test_first();
	test_lost();
	test_odd();
	test_any();
	clear();
	unlink(path_of(0));
	rmdir(dir);
	return tap_done();
}
