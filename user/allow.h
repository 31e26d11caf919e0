/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allow lists of a configuration. Prints what is wrong, with file and line, so
 * that load and the commands that judge say the same.
 */
#ifndef NOLIST_ALLOW_H
#define NOLIST_ALLOW_H

#include "conf.h"
#include "never.h"

/* 0, or an exit status; never_free(*allow) is always safe afterwards. */
int allow_new(struct never **allow, const struct conf *conf);
int allow_add(struct never *allow, const char *file);
/* Can they be read? For who does not need them yet. */
int allow_check(const struct conf *conf);

#endif
