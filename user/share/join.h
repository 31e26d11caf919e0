/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What several nodes know of one source, as one record, for what lists show of it. No verdict is
 * made of it: see verdict_of_sides().
 */
#ifndef NOLIST_SHARE_JOIN_H
#define NOLIST_SHARE_JOIN_H

#include "user/evidence/evidence.h"

/* Adds what another node knows. Hours are those of the node with the most of them. */
void join_record(struct record *to, const struct record *from);

#endif
