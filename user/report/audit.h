/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the list with the log of a real MX that did not use it: sources whose mail was
 * accepted although they were listed then, and sources that the MX refused but that are
 * not listed.
 */
#ifndef NOLIST_REPORT_AUDIT_H
#define NOLIST_REPORT_AUDIT_H

#include <stdio.h>
#include "user/judge/judge.h"

struct audit_options {
	const struct conf *conf;
	const char *pin_dir, *state_dir;
	int64_t at; /* judge as if it was then, in seconds since 1970; 0: now */
	bool is_json;
	/* Does the table at the real MX refuse, or would it? NULL: there is none. mode: its state. */
	bool (*is_at_real)(const struct nolist_source *src, void *arg);
	void *arg;
	const char *mode;
};

/*
 * Reads the log and prints to standard output. name: the log's name in messages. 0 or
 * -errno, explained by failure_of(): the output may have been printed all the same, but
 * without a precision. *is_warned: something was left out, or the log shows nothing of the list.
 */
int audit(const struct audit_options *o, FILE *log, const char *name, bool *is_warned);

#endif
