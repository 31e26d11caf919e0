/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Networks in which no public mail server can be (RFC 6890).
 */
#ifndef NOLIST_SPECIAL_USE_H
#define NOLIST_SPECIAL_USE_H

#include <stdbool.h>
#include "user/base/addr.h"

struct special_use {
	const char *prefix;
	const char *why;
	bool is_lab; /* documentation, benchmarking, private and unique local: labs use them */
};

extern const struct special_use special_uses[]; /* ends with a row without prefix */

/* Is the prefix within a network that labs use? */
bool special_use_is_lab(const struct prefix *p);
/* Private, shared, unique local or link-local: not reachable from the internet? */
bool special_use_is_private(const struct nolist_addr *addr);

#endif
