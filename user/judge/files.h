/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a configuration names: allow lists, sets of networks that are one
 * sender, and lists to be written. Prints what is wrong, with file and line, so that
 * load, run and the commands that judge say the same.
 */
#ifndef NOLIST_FILES_H
#define NOLIST_FILES_H

#include "user/config/conf.h"
#include "user/base/prefix_set.h"
#include "user/judge/providers.h"

/* All return 0, or an exit status; what they made is always safe to free afterwards. */
int files_allow(struct never **allow, const struct conf *conf);
int files_add_allow(struct never *allow, const char *file);
int files_providers(struct providers **providers, const struct conf *conf);

/* Has each list a format, and a file of its own? */
int files_lists(const struct conf *conf);
/* Can they be read, and lists be written? For who does not need them yet. */
int files_check(const struct conf *conf);
/* The same, prints nothing: 0, or an exit status and what is wrong. */
int files_wrong(const struct conf *conf, char *what, size_t size);

#endif
