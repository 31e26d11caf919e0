/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How old a file of origins is.
 */
#ifndef NOLIST_CMD_ORIGIN_AGE_H
#define NOLIST_CMD_ORIGIN_AGE_H

#include "user/origin/origin.h"

/* Warns if it is old; true then. */
bool cmd_origin_age(const struct origin_file *f, const char *name);

#endif
