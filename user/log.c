// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only writers to stderr, so that every message has one shape and none can
 * drive the terminal: names of files, interfaces and programs are other people's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static const char *command;

void log_command(const char *name)
{
	command = name;
}

static void put(const char *kind, int error, const char *fmt, va_list ap)
{
	char text[2048];
	const char *c;

	vsnprintf(text, sizeof(text), fmt, ap);
	flockfile(stderr);
	fputs("nolist-xdp: ", stderr);
	if (command)
		fprintf(stderr, "%s: ", command);
	fputs(kind, stderr);
	for (c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			fprintf(stderr, "\\x%02x", (unsigned char)*c);
		else
			fputc(*c, stderr);
	}
	if (error)
		fprintf(stderr, ": %s", strerror(error < 0 ? -error : error));
	fputc('\n', stderr);
	funlockfile(stderr);
}

void err(int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put("", error, fmt, ap);
	va_end(ap);
}

void errx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put("", 0, fmt, ap);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put("warning: ", 0, fmt, ap);
	va_end(ap);
}

void hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put("hint: ", 0, fmt, ap);
	va_end(ap);
}
