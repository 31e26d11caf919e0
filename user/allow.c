// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the files of 'allow' into a set.
 */
#include <errno.h>

#include "allow.h"
#include "cmd.h"
#include "log.h"

int allow_add(struct never *allow, const char *file)
{
	unsigned int line;
	int error = never_add_file(allow, file, &line);

	if (!error)
		return EXIT_DONE;
	if (line)
		errx("%s:%u: not an address or a prefix without host bits", file, line);
	else
		err(error, "cannot read '%s'", file);
	return error == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

int allow_new(struct never **allow, const struct conf *conf)
{
	int i, status = EXIT_DONE;

	if (never_new(allow)) {
		err(ENOMEM, "cannot read the allow lists");
		return EXIT_FAILED;
	}
	for (i = 0; i < conf->allows && !status; i++)
		status = allow_add(*allow, conf->allow[i]);
	return status;
}

int allow_check(const struct conf *conf)
{
	struct never *allow = NULL;
	int status = allow_new(&allow, conf);

	never_free(allow);
	return status;
}
