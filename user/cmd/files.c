// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells what could not be used of the files that the configuration names.
 */
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/judge/files.h"

bool cmd_print_files(const struct files *f)
{
	int i;

	for (i = 0; i < f->notes; i++) {
		warn("%s", f->note[i].text);
		hint("%s", f->note[i].hint);
	}
	if (f->unnoted)
		warn("%d more files of the configuration cannot be used as they are", f->unnoted);
	return f->notes;
}
