/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was known of a source at an earlier time, in a replay. If a span went on later, its
 * last time before is taken from the stored hours, else from the stored days; within such
 * an hour or day it is taken to have gone on until now, in favour of the source.
 *
 * Without a replay, a time after now can only come from a clock that was set back; then
 * everything may have gone on until now.
 *
 * Times are in seconds since 1970. The functions are pure.
 */
#ifndef NOLIST_AS_OF_H
#define NOLIST_AS_OF_H

#include <stdbool.h>
#include "user/evidence/evidence.h"

void asof_record(struct record *r, int64_t now, bool is_replay);
/* Parts of that record: contacts with a role, and data. */
struct span asof_opens(const struct record *r, enum record_role role, int64_t now,
		       bool is_replay);
struct span asof_data(const struct record *r, int64_t now, bool is_replay);
/*
 * The latest time up to at, and the earliest from at on, at which the source may have had a contact
 * with this role, or may have sent data (RECORD_DATA); 0: there is none. Of an hour or a day that is
 * known to have had one, each moment counts; so does each moment between the first and the last one
 * where nothing is known of those between.
 */
int64_t asof_before(const struct record *r, enum record_role role, int64_t at);
int64_t asof_after(const struct record *r, enum record_role role, int64_t at);
/* The latest time up to now at which a SYN to this role is certain; 0: none is. */
int64_t asof_seen(const struct record *r, enum record_role role, int64_t now);

#endif
