// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that are programs of their own, since what they link has no place in a program
 * that runs with capabilities: a resolver, an HTTP client or server. The tool replaces itself
 * by nolist-xdp-WORD, which takes the same options and prints its own help. Built, it is
 * beside the tool; installed, in LIBDIR/nolist-xdp.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/base/log.h"

/* Relative to the tool, so that it holds below any DESTDIR and PREFIX. */
#ifndef PROGRAM_DIR
#define PROGRAM_DIR "../lib/nolist-xdp"
#endif

/* The directory of the tool itself, without a symbolic link. */
static int own_dir(char *dir, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", dir, size - 1);
	char *slash;

	if (n < 0)
		return -errno;
	dir[n] = '\0';
	slash = strrchr(dir, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

/* The program of a command, which may not be there: 0 or -errno. */
static int find_program(const char *word, char *path, size_t size)
{
	char dir[PATH_MAX];
	int error = own_dir(dir, sizeof(dir));

	if (error)
		return error;
	if (snprintf(path, size, "%s/nolist-xdp-%s", dir, word) >= (int)size)
		return -ENAMETOOLONG;
	if (!access(path, X_OK))
		return 0;
	if (snprintf(path, size, "%s/" PROGRAM_DIR "/nolist-xdp-%s", dir, word) >= (int)size)
		return -ENAMETOOLONG;
	return 0;
}

int cmd_exec(int argc, char **argv)
{
	char **args = calloc(argc + 7, sizeof(*args)), path[PATH_MAX + 64];
	int error = args ? find_program(argv[0], path, sizeof(path)) : -ENOMEM, n = 0;

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
