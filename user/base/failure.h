/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why something failed, in words. A function below cmd/ returns 0 or -errno and prints
 * nothing; the one that finds out says here what could not be done, and the command
 * prints it once. Only the last failure is kept, from whichever thread it came.
 */
#ifndef NOLIST_FAILURE_H
#define NOLIST_FAILURE_H

#include <stdbool.h>

struct failure {
	int error;       /* -errno, as returned; 0: nothing has failed */
	char what[4600]; /* what could not be done; "": it was told already */
	char hint[512];  /* what helps; "": nothing is known to */
	bool has_reason; /* the error's own words belong behind what[] */
	bool is_usage;   /* the command line or the configuration is wrong */
};

/* All return the error, for "return fail(-errno, ...)". */
int fail(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same where the words say it all: strerror() would add nothing. */
int failx(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What the administrator typed or wrote is wrong: -EINVAL. */
int fail_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Both for what was told already, where it was found. */
int fail_reported(int error);
int fail_usage_reported(void);
/* What helps against the failure just noted. */
int fail_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The words for an error that a function returned; where nobody has any, what[] says
 * just that it failed. The pointer is good until the next failure.
 */
const struct failure *failure_of(int error);
/* The last one, whatever it was. */
const struct failure *failure_last(void);
/* To put one aside while something else is tried, and to return to it. */
void failure_keep(struct failure *stored);
int failure_return(const struct failure *stored);

#endif
