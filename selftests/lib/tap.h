/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Test Anything Protocol for tests in C: one line for each check, comments
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

/* Returns is_ok, for what depends on it. */
__attribute__((format(printf, 2, 3))) int tap_ok(int is_ok, const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void tap_diag(const char *fmt, ...);

/* A check that cannot be made here. */
void tap_skip(const char *what, const char *why);

/* Nothing that follows could mean anything. */
void __attribute__((noreturn)) tap_die(const char *what);
void tap_skip_all(const char *why);
void tap_skip_all(const char *why);
void tap_need_root(void);

/* The exit status of main(). */
int tap_done(void);

/* All of a text file, by its path from the top of the tree; never freed. */
char *tap_slurp(const char *file);
/* A file below build/, found from the test's own place in build/selftests. */
const char *tap_build(const char *file);

#endif
