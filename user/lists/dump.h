/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block lists: writes one list, or all that the configuration names, and has their readers
 * reload them.
 */
#ifndef NOLIST_DUMP_H
#define NOLIST_DUMP_H

#include "user/lists/list.h"

struct dump_options {
	bool is_quiet;  /* log failures only */
	bool has_log;   /* log additions and removals even if is_quiet */
	size_t log_max; /* log at most so many additions, and as many removals, one by one */
	bool is_closing; /* empty all lists for good: the judge must have no evidence */
	bool is_json;   /* write a summary to standard output */
	const char *reload_by; /* the socket of the process that runs reload commands; NULL: this one */
};

/* From best to worst. */
enum dump_result {
	DUMP_DONE,
	DUMP_HELD,   /* done, but additions to a list were held back */
	DUMP_PARTLY, /* a list or its reload command failed: the log says why; the rest is done */
	DUMP_FAILED, /* no list was written */
};

/* one: the list; NULL: all of j's configuration, which configured_check() must have accepted. */
enum dump_result dump(struct judge *j, struct list *one, const struct dump_options *o);

#endif
