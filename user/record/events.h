/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the counters of an hour, by enum nolist_event. JSON, text and tests walk over
 * this table, so a new event is named here and nowhere else.
 */
#ifndef NOLIST_EVENTS_H
#define NOLIST_EVENTS_H

#include <stddef.h>
#include "bpf/abi.h"

struct event_name {
	const char *key;   /* in JSON */
	const char *label; /* of a count, for people */
	const char *did;   /* as part of a sentence; NULL: the event is the start of one */
};

extern const struct event_name event_names[NOLIST_EVENTS];

#endif
