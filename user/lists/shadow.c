// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a list beside the store that nobody reads but the next time: what is on it
 * then, and was not, or the other way round, is told. Fuses hold as they do for
 * others; growth does not, as this list refuses nobody.
 */
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/lists/changelog.h"
#include "user/cmd/cmd.h"
#include "user/lists/list.h"
#include "user/lists/shadow.h"
#include "user/base/log.h"

#define LISTED_FILE "listed"

static int tell(struct judge *j, const char *file, size_t max)
{
	struct list l = { .format = output_find("plain"), .file = file, .gone_max = max,
			  .is_uncounted = true, .words = list_words(&j->conf) };
	int error = list_survey(&l, j);

	if (!error)
		error = list_write(&l, j);
	if (!error && l.is_written)
		changes_tell(&l, j, max);
	list_free(&l);
	return error;
}

int listed_tell(const char *conf, size_t max)
{
	struct judge_options jo = { .conf = conf };
	struct judge j;
	char *file = NULL;
	int error, status = judge_open(&j, &jo);

	if (!status) {
		error = asprintf(&file, "%s/%s", options.state_dir, LISTED_FILE) < 0 ? -ENOMEM : 0;
		if (!error)
			error = tell(&j, file, max);
		if (error)
			err(error, "cannot write '%s/%s'", options.state_dir, LISTED_FILE);
		status = error ? EXIT_FAILED : EXIT_DONE;
	}
	if (status)
		hint("all is stored; who is listed since cannot be told");
	judge_close(&j);
	free(file);
	return status ? EXIT_FAILED : EXIT_DONE;
}
