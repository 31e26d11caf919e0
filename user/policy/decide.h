/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policy service says to a client, and why: a pure function of what is known of it, its
 * network or provider, the site and a clock. Every doubt passes. Times are seconds since 1970,
 * 0: never.
 */
#ifndef NOLIST_POLICY_DECIDE_H
#define NOLIST_POLICY_DECIDE_H

#include <stdbool.h>
#include <stdint.h>
#include "user/base/text.h"

/* In the order in which they are asked; the first that holds decides. */
enum policy_step {
	POLICY_EXEMPT,   /* authenticated, allowed, pardoned, of this host, or a test */
	POLICY_OLD,      /* the data are too old, or there are none */
	POLICY_STRESS,   /* the mail server is under stress */
	POLICY_THROTTLED, /* too much of it, or its network, in this hour */
	POLICY_LISTED,   /* its own address is on the list */
	POLICY_VERIFIED, /* it, its network or provider was at the real MX before */
	POLICY_WALKED,   /* one of these was at the low fake within the window */
	POLICY_GATED,    /* its first SYN was held lately: it has tried again */
	POLICY_NO_LOW,   /* no low fake in its family */
	POLICY_BLIND,    /* what happens at the low fake is not seen live */
	POLICY_LIMITED,  /* contacts were lost lately: it may have walked */
	POLICY_LEARNING,
	POLICY_RETURNED, /* it was deferred before, and has waited */
	POLICY_NEW,      /* it never walked: deferred */
	POLICY_STEPS
};

extern const char *const policy_step_names[POLICY_STEPS];

struct policy_facts {
	bool is_exempt;
	bool is_stressed;
	bool is_throttled;   /* over a limit of "throttle" */
	bool is_postmaster;  /* the recipient is never deferred */
	bool has_low;        /* a low fake in its family */
	bool is_slow;        /* of an origin that waits longer */
	bool is_blind;       /* who was at the low fake since the data were made is not known */
	int64_t good_until;  /* of the data */
	int64_t listed_until;
	int64_t data_first, data_last; /* its own, at the real MX */
	int64_t alibi_last;  /* of its network or provider, verified by the verdict's rule */
	int64_t low_last;    /* of the latest of the three */
	int64_t gated_last;
	int64_t limited_last;
	int64_t learning_until;
	int64_t deferred_first; /* its network or provider was deferred first */
};

struct policy_rules {
	int64_t wait_s;        /* "greylist-wait" */
	int64_t slow_wait_s;   /* "origin-wait"; 0: none */
	int64_t window_s;      /* a contact with the low fake counts for so long */
	int64_t data_window_s; /* data to the real MX */
};

#define POLICY_REMEMBERS_S (35 * DAY_S) /* of those that were deferred */
#define POLICY_LATELY_S DAY_S           /* contacts lost, gated */

/* How long this client has to wait. */
int64_t policy_wait(const struct policy_facts *f, const struct policy_rules *r);
enum policy_step policy_decide(const struct policy_facts *f, const struct policy_rules *r, int64_t now);
/* Does a step defer, if the recipient may be deferred? */
bool policy_defers(enum policy_step step, const struct policy_facts *f);

#endif
