// SPDX-License-Identifier: GPL-2.0-only
/*
 * A copy that cannot be written or read costs nothing but that the file counts, as without it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/atomic_file.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/in_force.h"

#define DIRECTORY "/run/nolist-xdp" /* RuntimeDirectory= of nolist-xdp-run.service */
#define COPY DIRECTORY "/nolist-xdp.conf"

void in_force_write(const char *text)
{
	const char *directory = getenv("RUNTIME_DIRECTORY");
	struct atomic_file f;
	int error;

	if (!directory || strcmp(directory, DIRECTORY))
		return;
	error = atomic_file_open(&f, COPY);
	if (!error)
		error = atomic_file_start(&f, 0600);
	if (!error)
		error = atomic_file_write(&f, text, strlen(text));
	if (!error)
		error = atomic_file_commit(&f, time(NULL), false);
	atomic_file_close(&f);
	if (error)
		err(error, "cannot write '%s'", COPY);
}

const char *in_force_hold(void)
{
	char *text;

	if (conf_slurp(COPY, &text))
		return NULL;
	/* It is needed to the end. */
	conf_hold(DEFAULT_CONF, text);
	return DEFAULT_CONF;
}
