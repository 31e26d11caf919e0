/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The offenders, for machines: writes one list, or all that the configuration names, and
 * tells their readers.
 */
#ifndef NOLIST_DUMP_H
#define NOLIST_DUMP_H

#include "user/lists/list.h"

struct dump_options {
	bool is_quiet;  /* the log tells of failures only */
	bool has_log;   /* but of log_max listings all the same */
	size_t log_max; /* so many listings, and removals, are told one by one */
	bool is_json;   /* what was done, on standard output */
};

/* From best to worst. */
enum dump_result {
	DUMP_DONE,
	DUMP_HELD,   /* done, but additions to a list were held back */
	DUMP_FAILED, /* the log tells why; the other lists are written */
};

/* one: the list; NULL: all of j's configuration, which configured_check() has found good. */
enum dump_result dump(struct judge *j, struct list *one, const struct dump_options *o);

#endif
