// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks interfaces up by their names, and says which there are where there is no such one.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "user/base/log.h"
#include "user/base/similar.h"
#include "user/cmd/interfaces.h"

static void list_names(const struct if_nameindex *names, char *text, size_t size)
{
	size_t n = snprintf(text, size, "there are");
	int i;

	for (i = 0; names[i].if_name && n < size; i++)
		n += snprintf(text + n, size - n, "%s %s", i ? "," : "", names[i].if_name);
}

void cmd_interface_hint(const char *name, char *text, size_t size)
{
	struct if_nameindex *names = if_nameindex();
	struct similar s;
	int i;

	*text = '\0';
	if (!names)
		return;
	similar_start(&s, name);
	for (i = 0; names[i].if_name; i++)
		similar_try(&s, names[i].if_name);
	if (s.best)
		snprintf(text, size, "did you mean '%s'?", s.best);
	else
		list_names(names, text, size);
	if_freenameindex(names);
}

int cmd_interface(const char *name, const char *action)
{
	int ifindex = if_nametoindex(name);
	char text[256];

	if (ifindex)
		return ifindex;
	err(-ENODEV, "cannot %s '%s'", action, name);
	cmd_interface_hint(name, text, sizeof(text));
	if (*text)
		hint("%s", text);
	return 0;
}
