/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sources with verified evidence do from now on, one JSON object a line.
 */
#ifndef NOLIST_FOLLOW_H
#define NOLIST_FOLLOW_H

#include "user/judge/judge.h"

struct follow_options {
	const struct judge_options *judge;
	const char *pin_dir;
	int role; /* enum nolist_role: only sources that were there; 0: all */
};

/* Until it is killed or the reader is gone: -errno, explained by failure_of(). */
int follow(const struct follow_options *o);

#endif
