/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a judge counts of each operator, and how far it lets one go. One whose sources grow too fast, or
 * of whose sources too many are acquitted by others, is held: its offences list nobody who is not listed,
 * and what it has seen goes on to excuse. Only where operators may lie.
 */
#ifndef NOLIST_SHARE_OPERATORS_H
#define NOLIST_SHARE_OPERATORS_H

#include "user/judge/verdict.h"
#include "user/share/nodes.h"

#define ACQUITTED_MIN 100   /* so many strays anyone may have */
#define ACQUITTED_PERCENT 5 /* and so many of its sources */

/* By the last judgement; zeroes: it was never counted. From and to the state directory. */
int operators_read(struct nodes *nodes, const char *state_dir);
int operators_write(const struct nodes *nodes, const char *state_dir, int64_t now);

/* How many sources it may have seen offend by now. */
size_t operator_limit(const struct operator *o, const struct rules *rules, int64_t now);
/* Takes what was counted, and sets why it is held. */
void operator_settle(struct operator *o, const struct rules *rules, int64_t now);
/* In a few words; "": it is not held. */
const char *operator_reason(const struct operator *o);

#endif
