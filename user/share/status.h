/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the nodes have shared, as a table for people.
 */
#ifndef NOLIST_SHARE_STATUS_H
#define NOLIST_SHARE_STATUS_H

#include "user/share/harvest.h"

/* h: harvest_heads() has read it. 0 or -errno. */
int share_status(const struct harvest *h, struct transport *t, int64_t now);
/* What there is of one node, a line for each. */
int share_status_node(const struct report *r, int64_t now);

#endif
