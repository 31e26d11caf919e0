// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a list beside the store that nobody reads but the next time: what is on it
 * then, and was not, or the other way round, is told. Holds hold as they do for
 * others; growth does not, as this list refuses nobody.
 */
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/lists/changelog.h"
#include "user/lists/list.h"
#include "user/lists/shadow.h"

#define SHADOW_FILE "listed"

static int tell(struct judge *j, const char *file, size_t max)
{
	struct list l = { .format = format_find("plain"),
			  .file = file,
			  .gone_max = max,
			  .is_uncounted = true,
			  .words = list_words(j->conf) };
	int error = list_select(&l, j);

	if (!error)
		error = list_write(&l, j);
	if (!error && l.is_written)
		changelog_tell(&l, j, max);
	list_free(&l);
	return error;
}

int shadow_tell(struct judge *j, size_t max)
{
	char *file;
	int error;

	if (asprintf(&file, "%s/%s", j->state_dir, SHADOW_FILE) < 0)
		return fail(-ENOMEM, "cannot write the list of listed sources");
	error = tell(j, file, max);
	if (error)
		fail(error, "cannot write '%s'", file);
	free(file);
	return error;
}
