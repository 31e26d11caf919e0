/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts connections and recipients of a source, or of its network or provider, in an hour: in memory of
 * one size, where a full set gives up who had least.
 */
#ifndef NOLIST_POLICY_THROTTLE_H
#define NOLIST_POLICY_THROTTLE_H

#include "user/policy/snapshot.h"

struct throttle;

struct throttle *throttle_new(void); /* or NULL */
void throttle_free(struct throttle *t);
/*
 * Counts one recipient, and perhaps a connection, of a source and its network. key: of both, by enum
 * throttle_by.
 */
void throttle_count(struct throttle *t, const uint64_t key[THROTTLE_BYS], bool is_connection, int64_t now);
/* Is one of them over a limit? */
bool throttle_is_over(const struct throttle *t, const struct snapshot_site *site,
		      const uint64_t key[THROTTLE_BYS], int64_t now);

#endif
