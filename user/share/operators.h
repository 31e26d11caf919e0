/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a judge counts of each operator, and how far it lets one go. One whose sources grow too fast,
 * which is decisive for too much of the list, or of whose sources too many are acquitted by others, is
 * held: its offences list nobody who is not listed, and what it has seen goes on to excuse.
 */
#ifndef NOLIST_SHARE_OPERATORS_H
#define NOLIST_SHARE_OPERATORS_H

#include "user/judge/verdict.h"
#include "user/share/nodes.h"

#define ACQUITTED_MIN 100   /* so many strays anyone may have */
#define ACQUITTED_PERCENT 5 /* and so many of its sources */
#define DECISIVE_MIN 100    /* for so many anyone may be decisive */

/* By what an operator is measured. */
struct operator_limits {
	const struct rules *rules;
	unsigned int leave_out; /* 0: nobody lies; then others' acquittals hold nobody */
	unsigned int weight;    /* percent of the list for which it may be decisive; 0: any */
	size_t listed;          /* the list, by the evidence of all */
	int64_t now;
};

/* By the last judgement; zeroes: it was never counted. From and to the state directory. */
int operators_read(struct nodes *nodes, const char *state_dir);
int operators_write(const struct nodes *nodes, const char *state_dir, int64_t now);

/* How many sources it may have seen offend by now. */
size_t operator_limit(const struct operator *o, const struct rules *rules, int64_t now);
/* Takes what was counted, and sets why it is held. */
void operator_settle(struct operator *o, const struct operator_limits *l);
/* Of the sources that it has seen offend the share that nothing has shown to be wrong, in percent. */
double operator_precision(const struct operator *o);
/* In a few words; "": it is not held. */
const char *operator_reason(const struct operator *o);

#endif
