/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON members of a source and its verdict: the same in every document.
 */
#ifndef NOLIST_JSON_JUDGED_H
#define NOLIST_JSON_JUDGED_H

#include "user/base/json.h"
#include "user/judge/judge.h"

/* With of->origin. */
void json_judged(struct writer *o, const struct judged *of);

#endif
