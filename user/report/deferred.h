/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policy service's delays cost, and whom: networks and providers that it deferred, or would
 * have, beside the log of the mail server that asked it.
 */
#ifndef NOLIST_REPORT_DEFERRED_H
#define NOLIST_REPORT_DEFERRED_H

#include "user/judge/judge.h"
#include "user/maillog/deliveries.h"
#include "user/policy/decide.h"

#define DEFERRED_RETURN_S DAY_S /* who does not come back in that time is gone */

struct deferred {
	bool is_known; /* the service has a memory here; else all is 0 */
	uint64_t answers[POLICY_STEPS]; /* its decisions, since the memory was begun */
	size_t networks; /* deferred for the first time while the log was written */
	size_t accepted; /* of these: mail was accepted later, by the log or as imported */
	/* Of those in the log: seconds from the first deferral to the first mail. */
	size_t timed;
	int64_t seconds, median, most;
	size_t due;      /* so long ago that they should have come back */
	size_t gone;     /* of these: they did not */
};

/*
 * After the log was sorted, and with all its events; the judge is as of its end. 0 or -errno,
 * explained by failure_of().
 */
int deferred_find(struct deferred *d, const struct audit *log, struct judge *j);

#endif
