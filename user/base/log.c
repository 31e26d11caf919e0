// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only writers to stderr, so that every message has one form and none can control
 * the terminal: others choose the names of files, interfaces and programs.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "user/base/log.h"

static const char *command;
static bool is_verbose;
static bool has_progress; /* the terminal's last line is a line of progress */

void log_command(const char *name)
{
	command = name;
}

void log_set_verbose(void)
{
	is_verbose = true;
}

bool log_is_verbose(void)
{
	return is_verbose;
}

/*
 * Is stderr the journal? It knows the program's name, and takes a priority: systemd tells the
 * services that it starts which socket that is.
 */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == inode;
}

static const struct kind {
	const char *text;
	int priority; /* of syslog(3) */
} error_kind = { "", LOG_ERR }, warning = { "warning: ", LOG_WARNING },
  news = { "", LOG_INFO }, hint_kind = { "hint: ", LOG_NOTICE };

#define TEXT_MAX 2048

/* What controls no terminal, and ends no line. */
static void escape(const char *text, char to[4 * TEXT_MAX])
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
		else
			*to++ = *text;
	}
	*to = '\0';
}

/* In one write(2), where a line is not very long: others may write to the same file. */
static void put(const struct kind *kind, int error, const char *fmt, va_list ap)
{
	char text[TEXT_MAX], escaped[4 * TEXT_MAX], head[16] = "nolist-xdp: ";

	vsnprintf(text, sizeof(text), fmt, ap);
	escape(text, escaped);
	if (is_journal())
		snprintf(head, sizeof(head), "<%d>", kind->priority);
	progress_end();
	fprintf(stderr, "%s%s%s%s%s%s%s\n", head, command ? command : "", command ? ": " : "",
		kind->text, escaped, error ? ": " : "",
		error ? strerror(error < 0 ? -error : error) : "");
}

void err(int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(&error_kind, error, fmt, ap);
	va_end(ap);
}

void errx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(&error_kind, 0, fmt, ap);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(&warning, 0, fmt, ap);
	va_end(ap);
}

void info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(&news, 0, fmt, ap);
	va_end(ap);
}

void hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(&hint_kind, 0, fmt, ap);
	va_end(ap);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

void progress(const char *what, size_t done)
{
	static long long start, last;
	static int is_terminal = -1;
	long long now;

	if (is_terminal < 0) {
		is_terminal = isatty(STDERR_FILENO);
		start = now_ms();
	}
	if (!is_terminal)
		return;
	now = now_ms();
	if (now - start < 1000 || now - last < 100)
		return;
	last = now;
	has_progress = true;
	fprintf(stderr, "\r\33[Knolist-xdp: %s: %zu sources", what, done);
	fflush(stderr);
}

void progress_end(void)
{
	if (has_progress)
		fputs("\r\33[K", stderr);
	has_progress = false;
}
