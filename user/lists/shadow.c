// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list beside the store that only the next run reads: the differences are logged. Holds
 * apply as for other lists; the growth limit does not, since this list blocks nothing.
 */
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/lists/changelog.h"
#include "user/lists/history.h"
#include "user/lists/list.h"
#include "user/lists/shadow.h"

#define SHADOW_FILE "listed"

static int write_list(struct judge *j, const char *file, size_t max)
{
	struct list l = { .format = format_find("plain"),
			  .file = file,
			  .gone_max = max,
			  .is_uncounted = true,
			  .is_private = true,
			  .words = list_words(j->conf) };
	struct changelog log = {};
	struct history history = {};
	int error = list_select(&l, j);

	if (!error)
		error = list_write(&l, j);
	if (!error && l.is_written) {
		changelog_add(&log, &l, max);
		changelog_write(&log, j);
	}
	/* Where there are lists, dump notes what becomes of them. */
	if (!error && !j->conf->lists) {
		history_add(&history, &l);
		error = history_note(&history, j);
	}
	list_free(&l);
	return error;
}

int shadow_write(struct judge *j, size_t max)
{
	char *file;
	int error;

	if (asprintf(&file, "%s/%s", j->state_dir, SHADOW_FILE) < 0)
		return fail(-ENOMEM, "cannot write the list of listed sources");
	error = write_list(j, file, max);
	if (error)
		fail(error, "cannot write '%s'", file);
	free(file);
	return error;
}
