/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logs which sources were listed and which ones no longer are, where no list is written.
 */
#ifndef NOLIST_SHADOW_H
#define NOLIST_SHADOW_H

#include <stddef.h>
#include "user/judge/judge.h"

/* Logs at most max additions and max removals. 0 or -errno, explained by failure_of(). */
int shadow_write(struct judge *j, size_t max);

#endif
