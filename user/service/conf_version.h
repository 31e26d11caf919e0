/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A version of the configuration: steps read the text that was found good, not a file that
 * may be half edited.
 */
#ifndef NOLIST_CONF_VERSION_H
#define NOLIST_CONF_VERSION_H

#include "user/config/conf.h"

/* The text of a configuration file, and the configuration read from it. */
struct version {
	char *text;
	struct conf conf;
};

void version_free(struct version *v);
/*
 * check: what else must be right; 0 or -errno. 0 or -errno, explained by failure_of(); errors in
 * the file are printed already.
 */
typedef int version_check_fn(const struct conf *conf);
int version_read(struct version *v, const char *file, version_check_fn *check);

#endif
