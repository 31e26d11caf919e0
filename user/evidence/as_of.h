/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was known of a source at an earlier time. Of what went on later, the last time
 * before is told by hours, where these are kept, and else by days: within one it is
 * taken to have gone on until then, which speaks for the source.
 *
 * That is for a replay. Where now is now, only a clock that was set back puts anything
 * after it; then all may have gone on until now.
 */
#ifndef NOLIST_AS_OF_H
#define NOLIST_AS_OF_H

#include <stdbool.h>
#include "user/evidence/evidence.h"

struct record asof_record(const struct record *r, int64_t now, bool is_replay);
/* Parts of it: contacts of a role, and data. */
struct span asof_opens(const struct record *r, enum record_role role, int64_t now,
		       bool is_replay);
struct span asof_data(const struct record *r, int64_t now, bool is_replay);
/* When a SYN to a role is surely known, at the latest; 0: none is. */
int64_t asof_seen(const struct record *r, enum record_role role, int64_t now);

#endif
