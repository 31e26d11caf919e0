/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the policy service does with its decision: the key "policy".
 */
#ifndef NOLIST_POLICY_MODE_H
#define NOLIST_POLICY_MODE_H

enum policy_mode {
	POLICY_WARN,   /* the mail server's log says whom it would defer */
	POLICY_HEADER, /* the mail gets a header */
	POLICY_DEFER,  /* 4xx for them, and a header for the others */
	POLICY_MODES
};

extern const char *const policy_mode_names[POLICY_MODES];
int policy_mode_parse(const char *name); /* enum policy_mode, or -1 */

#endif
