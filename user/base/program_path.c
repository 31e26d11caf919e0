// SPDX-License-Identifier: GPL-2.0-only
/*
 * Found from where the tool itself lies, so that it holds below any DESTDIR and PREFIX.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/program_path.h"

/* Relative to the tool. */
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

int program_path(const char *word, char path[PROGRAM_PATH])
{
	char dir[PATH_MAX];
	int error = own_dir(dir, sizeof(dir));

	if (error)
		return error;
	if (snprintf(path, PROGRAM_PATH, "%s/nolist-xdp-%s", dir, word) >= PROGRAM_PATH)
		return -ENAMETOOLONG;
	if (!access(path, X_OK))
		return 0;
	if (snprintf(path, PROGRAM_PATH, "%s/" PROGRAM_DIR "/nolist-xdp-%s", dir, word) >= PROGRAM_PATH)
		return -ENAMETOOLONG;
	return 0;
}
