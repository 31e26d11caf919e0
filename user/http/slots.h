/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds a connection, and for how long: so that clients that send or read slowly, or many from
 * one network, cannot keep others out.
 */
#ifndef NOLIST_SLOTS_H
#define NOLIST_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "user/base/addr.h"

struct slots;
struct slot;

/* per_network: connections of a network at once; 0: as many as there are of all. NULL: no memory. */
struct slots *slots_new(int per_network);
void slots_free(struct slots *s);
/*
 * May a client connect? Connections whose request takes too long are ended first; where there is no
 * room the one that has taken longest, unless that is short.
 */
bool slots_admit(struct slots *s, const struct nolist_addr *client, bool is_exempt, int64_t now_ms);
/* It has connected as fd; NULL: no room, it is bounded by libmicrohttpd alone. */
struct slot *slots_take(struct slots *s, int fd, const struct nolist_addr *client, bool is_exempt,
			int64_t now_ms);
void slots_done(struct slots *s, struct slot *slot, int64_t now_ms); /* one of its requests is */
void slots_leave(struct slots *s, struct slot *slot); /* before fd is closed */

#endif
