/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drops what the store knows of lists that are no more. 0 or -errno, explained by
 * failure_of().
 */
#ifndef NOLIST_FORGET_H
#define NOLIST_FORGET_H

#include "user/config/conf.h"

/* Does the configuration name this list? */
bool forget_is_configured(const char *path, const struct conf *conf);
/* Is a list of that name in the store no more: not configured, and its file is gone? */
bool forget_is_gone(const char *path, const struct conf *conf);
/* Drops all of these; without a store there are none. */
int forget_gone(const char *state_dir, const struct conf *conf);
/* Drops the list in one file, whatever there is. -ENOENT: the store does not know it. */
int forget_list(const char *state_dir, const char *file);

#endif
