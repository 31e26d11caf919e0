/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a configuration names: allow lists, and sets of networks that are one
 * sender. Prints what is wrong, with file and line, so that load, run and the commands
 * that judge say the same.
 */
#ifndef NOLIST_FILES_H
#define NOLIST_FILES_H

#include "conf.h"
#include "never.h"
#include "providers.h"

/* All return 0, or an exit status; what they made is always safe to free afterwards. */
int files_allow(struct never **allow, const struct conf *conf);
int files_add_allow(struct never *allow, const char *file);
int files_providers(struct providers **providers, const struct conf *conf);

/* Can they be read? For who does not need them yet. */
int files_check(const struct conf *conf);
/* The same, prints nothing: 0, or an exit status and what is wrong. */
int files_wrong(const struct conf *conf, char *what, size_t size);

#endif
