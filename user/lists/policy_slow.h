/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the policy service: networks of autonomous systems that send next to nothing but what is listed.
 * Strangers from there wait longer, "origin-wait"; nothing else is made of it.
 */
#ifndef NOLIST_POLICY_SLOW_H
#define NOLIST_POLICY_SLOW_H

#include "user/judge/judge.h"

struct policy_slow {
	struct slow_source *source;
	size_t sources;
	struct prefix *network; /* the result, in the order of addresses */
	size_t networks;
};

/* Has the configuration a longer wait, and is there a file of origins that is new enough? */
bool policy_slow_is_on(const struct judge *j);
/* A source that is listed, or has sent data to the real MX. 0 or -ENOMEM. */
int policy_slow_add(struct policy_slow *s, const struct judged *of, bool is_listed);
/* 0 or -errno, explained by failure_of(); then there are none. */
int policy_slow_find(struct policy_slow *s, struct origin_file *file);
void policy_slow_free(struct policy_slow *s);

#endif
