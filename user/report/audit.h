/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds the list against the log of a real MX that did not use it: whose mail was
 * accepted though its source would have been refused, and which sources were refused and
 * are not listed.
 */
#ifndef NOLIST_REPORT_AUDIT_H
#define NOLIST_REPORT_AUDIT_H

#include <stdio.h>
#include "user/judge/judge.h"

struct audit_options {
	const struct conf *conf;
	const char *pin_dir, *state_dir;
	int64_t at; /* as if it were then; 0: now */
	bool is_json;
};

/*
 * Reads the log, prints on standard output. name is what messages call the log. 0 or
 * -errno, explained by failure_of().
 */
int audit(const struct audit_options *o, FILE *log, const char *name);

#endif
