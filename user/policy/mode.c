// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the keys "policy" and "throttle".
 */
#include <stdio.h>
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

bool throttle_parse(const char *text, unsigned int throttle[THROTTLE_WHATS][THROTTLE_BYS])
{
	char what[16], by[16], more;
	unsigned int n;

	if (sscanf(text, "%9u %15s %15s %c", &n, what, by, &more) != 3 || !n || n > THROTTLE_MAX)
		return false;
	if ((strcmp(what, "recipients") && strcmp(what, "connections")) ||
	    (strcmp(by, "source") && strcmp(by, "network")))
		return false;
	throttle[*what == 'r' ? THROTTLE_RECIPIENTS : THROTTLE_CONNECTIONS]
		[*by == 's' ? THROTTLE_SOURCE : THROTTLE_NETWORK] = n;
	return true;
}
