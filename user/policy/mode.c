// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the key "policy".
 */
#include <string.h>

#include "user/policy/mode.h"

const char *const policy_mode_names[POLICY_MODES] = {
	[POLICY_WARN] = "warn",
	[POLICY_HEADER] = "header",
	[POLICY_DEFER] = "defer",
};

int policy_mode_parse(const char *name)
{
	int i;

	for (i = 0; i < POLICY_MODES; i++)
		if (!strcmp(name, policy_mode_names[i]))
			return i;
	return -1;
}
