/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Test Anything Protocol for tests in C: one line for each claim, comments
 * above the line that failed, the plan at the end, so that a test that dies
 * midway has not passed.
 */
#ifndef NOLIST_TAP_H
#define NOLIST_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tap_count;
static int tap_failed;

/* Returns is_ok, for what depends on it. */
__attribute__((format(printf, 2, 3))) static inline int tap_ok(int is_ok, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", is_ok ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	tap_failed += !is_ok;
	return is_ok;
}

__attribute__((format(printf, 1, 2))) static inline void tap_diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* Nothing that follows could mean anything. */
static inline void __attribute__((noreturn)) tap_die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline void tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

static inline void tap_need_root(void)
{
	if (geteuid())
		tap_skip_all("needs root");
}

/* The exit status of main(). */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed || !tap_count;
}

/* A file below build/, found from the test's own place in build/selftests. */
static inline const char *tap_build(const char *file)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1 - strlen(file));
	char *at;

	if (n < 0)
		tap_die("/proc/self/exe");
	path[n] = 0;
	at = strstr(path, "/selftests/");
	if (!at)
		at = strrchr(path, '/');
	strcpy(at + 1, file);
	return path;
}

#endif
