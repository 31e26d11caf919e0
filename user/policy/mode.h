/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policy service does with its decision, and what is too much of one client: the keys "policy"
 * and "throttle".
 */
#ifndef NOLIST_POLICY_MODE_H
#define NOLIST_POLICY_MODE_H

#include <stdbool.h>

enum policy_mode {
	POLICY_WARN,   /* the mail server's log says whom it would defer */
	POLICY_HEADER, /* the mail gets a header */
	POLICY_DEFER,  /* 4xx for them, and a header for the others */
	POLICY_MODES
};

extern const char *const policy_mode_names[POLICY_MODES];
/* What "throttle" counts, and by what. */
enum throttle_what { THROTTLE_RECIPIENTS, THROTTLE_CONNECTIONS, THROTTLE_WHATS };
enum throttle_by { THROTTLE_SOURCE, THROTTLE_NETWORK, THROTTLE_BYS };
#define THROTTLE_MAX 1000000000

/* "NUMBER recipients|connections source|network": false, if it is none. */
bool throttle_parse(const char *text, unsigned int throttle[THROTTLE_WHATS][THROTTLE_BYS]);

int policy_mode_parse(const char *name); /* enum policy_mode, or -1 */

#endif
