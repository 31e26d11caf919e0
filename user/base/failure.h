/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why something failed, in words. A function below cmd/ returns 0 or -errno and prints
 * nothing. The function that detects a failure notes here what could not be done, and the
 * command prints it once. Only the last failure is stored, of whatever thread.
 */
#ifndef NOLIST_FAILURE_H
#define NOLIST_FAILURE_H

#include <stdbool.h>

struct failure {
	int error;       /* -errno, as returned; 0: nothing has failed */
	char what[4600]; /* what could not be done; "": it has been printed already */
	char hint[512];  /* how to fix it; "": unknown */
	bool has_reason; /* strerror() of the error belongs behind what[] */
	bool is_usage;   /* the command line or the configuration is wrong */
};

/* All return the error, for "return fail(-errno, ...)". */
int fail(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same without strerror(), which would add nothing. */
int failx(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What the administrator typed or wrote is wrong: -EINVAL. */
int fail_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Both for a failure that has been printed already. */
int fail_reported(int error);
int fail_usage_reported(void);
/* How to fix the failure that was just noted. */
int fail_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The failure behind an error that a function returned; if none was noted, what[] says only
 * that it failed. The pointer is valid until the next failure.
 */
const struct failure *failure_of(int error);
/* The last failure. */
const struct failure *failure_last(void);
/* Prints its words and how to fix it; nothing of one that has been printed already. */
void failure_print(const struct failure *f);
/* Save the last failure while something else is tried; restore it, and return its error. */
void failure_keep(struct failure *saved);
int failure_return(const struct failure *saved);

#endif
