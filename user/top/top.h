/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A live view on a terminal: counters as rates, the newest dialogues and listings, and all that
 * is known of a source that is chosen. It changes nothing but the screen.
 */
#ifndef NOLIST_TOP_H
#define NOLIST_TOP_H

#include "user/config/conf.h"

struct top_options {
	const struct conf *conf;
	const char *pin_dir, *state_dir;
	unsigned int every_s; /* between two looks at the counters */
};

/* Until the user ends it. 0 or -errno, explained by failure_of(). */
int top(const struct top_options *o);

#endif
