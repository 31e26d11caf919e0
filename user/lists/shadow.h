/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells who came to be listed and who is so no more, where no list is written.
 */
#ifndef NOLIST_SHADOW_H
#define NOLIST_SHADOW_H

#include <stddef.h>
#include "user/judge/judge.h"

/* A line for each, so many and no more; 0 or -errno, explained by failure_of(). */
int shadow_tell(struct judge *j, size_t max);

#endif
