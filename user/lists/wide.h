/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wide lists: all networks of some autonomous systems and countries. Nobody on them was judged, so they
 * are not among the formats of block lists, and no configuration can have them written.
 */
#ifndef NOLIST_WIDE_H
#define NOLIST_WIDE_H

#include "user/lists/format.h"
#include "user/origin/origin.h"

struct wide {
	struct origin_file *file;
	const char *file_name;
	const struct origin_key *key; /* not more than origin_networks() takes */
	size_t keys;
	const char *format; /* one that wide_has_format() */
	struct format_words words; /* names of tables and sets, and of the zone */
	const char *output; /* NULL: standard output */
};

bool wide_has_format(const char *name);
/* 0 or -errno, explained by failure_of(). */
int wide_write(const struct wide *w);

#endif
