/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources and their verdicts, on standard output.
 */
#ifndef NOLIST_SHOW_H
#define NOLIST_SHOW_H

#include "user/judge/judge.h"

struct show_options {
	bool is_json;
	bool is_lost;     /* only sources whose mail may never arrive */
	int role;         /* enum nolist_role: only sources that were there; 0: all */
	const char *sort; /* a key that show_has_key(); NULL: the newest contact first */
	long top;         /* at most so many; 0: all */
};

bool show_has_key(const char *name);
const char *show_key(unsigned int i); /* from 0 on; NULL after the last */
/* What it sorts by, the greatest first; only the key "verdict" needs a judgement. */
int64_t show_key_of(unsigned int i, const struct judged *of);
bool show_is_at(const struct judged *of, int role); /* was the source there? 0: always */
/*
 * Is it as a sender that knows only the first MX: at the low fake in distinct hours, as a queue
 * comes, and at no other MX ever?
 */
bool show_is_lost(const struct record *r);
/* 0 or -errno, explained by failure_of(). */
int show(struct judge *j, const struct show_options *o);

#endif
