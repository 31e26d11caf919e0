/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a configuration names: allow lists, and sets of networks that are one
 * sender. One wrong line makes the whole file invalid: without that line a source could
 * be listed that must not be.
 *
 * All return 0 or -errno, explained by failure_of() with file and line; the result
 * is always safe to free afterwards.
 */
#ifndef NOLIST_FILES_H
#define NOLIST_FILES_H

#include "user/base/prefix_set.h"
#include "user/config/conf.h"
#include "user/judge/providers.h"

int files_allow(struct prefix_set **allow, const struct conf *conf);
int files_add_allow(struct prefix_set *allow, const char *file);
int files_providers(struct providers **providers, const struct conf *conf);
/* Reads all of them, to check that they are valid. */
int files_check(const struct conf *conf);

#endif
