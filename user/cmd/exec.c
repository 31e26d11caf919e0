// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that are programs of their own, since what they link has no place in a program
 * that runs with capabilities: a resolver, an HTTP client or server. The tool replaces itself
 * by nolist-xdp-WORD, which takes the same options and prints its own help. Built, it is
 * beside the tool; installed, in LIBDIR/nolist-xdp.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/base/program_path.h"
#include "user/cmd/cmd.h"

int cmd_exec(int argc, char **argv)
{
	char **args = calloc(argc + 7, sizeof(*args)), path[PROGRAM_PATH];
	int error = args ? program_path(argv[0], path) : -ENOMEM, n = 0;

	if (error) {
		err(error, "cannot find the program of '%s'", argv[0]);
		free(args);
		return EXIT_FAILED;
	}
	/* What stood before the command. */
	args[n++] = "nolist-xdp";
	args[n++] = "--pin-dir";
	args[n++] = (char *)options.pin_dir;
	args[n++] = "--state-dir";
	args[n++] = (char *)options.state_dir;
	if (log_is_verbose())
		args[n++] = "--verbose";
	memcpy(args + n, argv, argc * sizeof(*args));
	execv(path, args);
	err(-errno, "cannot run '%s'", path);
	if (errno == ENOENT)
		hint("'%s' is a program of its own: \"make install\" and the package install both",
		     argv[0]);
	free(args);
	return EXIT_FAILED;
}
