/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What content filters have found in a source's mail ("import --spam"), and what it weighs for
 * "tarpit-from". It lists nobody and excuses nobody: a forwarder's spam is others'.
 */
#ifndef NOLIST_ENFORCE_SPAM_H
#define NOLIST_ENFORCE_SPAM_H

#include <stddef.h>
#include <stdint.h>
#include "user/base/addr.h"

/* Of the last 35 days. */
struct spam_found {
	struct nolist_source src;
	unsigned int spam, ham; /* hours in which there was some */
	int64_t last;           /* the newest hour with spam, in seconds since 1970 */
};

struct spam_sources {
	struct spam_found *found; /* in the order of addresses */
	size_t n;
};

/* Of all sources: 0, also without a store, or -errno, explained by failure_of(). */
int spam_find(struct spam_sources *s, const char *state_dir, int64_t now);
/* NULL: nothing is known of it. */
const struct spam_found *spam_of(const struct spam_sources *s, const struct nolist_source *src);
void spam_free(struct spam_sources *s);
/*
 * As so many offences more: its hours with spam, as many as it has offences of its own at most, and none
 * of a source that also sends mail which is let through.
 */
unsigned int spam_weight(const struct spam_found *f, unsigned int offences);

#endif
