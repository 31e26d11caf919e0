// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state directory: created if it is missing, and trusted only if no other user than
 * root and the one that runs this can write to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/state_dir.h"

/* A user with write access could put forged evidence there. */
int state_dir_check(const char *dir, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(-errno, "cannot look at '%s'", dir);
	if ((st.st_uid != geteuid() && st.st_uid) || st.st_mode & (S_IWGRP | S_IWOTH)) {
		fail(-EPERM, "cannot trust '%s': other users can write to it", dir);
		return fail_hint("chown root '%s' && chmod go-w '%s'", dir, dir);
	}
	return 0;
}

static int make_parents(const char *dir)
{
	char path[4096], *slash = path;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return fail(-ENAMETOOLONG, "cannot make '%s'", dir);
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return fail(-errno, "cannot make '%s'", path);
		*slash = '/';
	}
	return 0;
}

/* Whatever the umask is: who may read a list must get there. */
static int make(const char *dir)
{
	if (!mkdir(dir, 0755))
		return chmod(dir, 0755) ? -errno : 0;
	return errno == EEXIST ? 0 : -errno;
}

int state_dir_make(const char *dir)
{
	int error = strcmp(dir, STATE_DIR_DEFAULT) ? 0 : make_parents(dir);

	if (error || !make(dir))
		return error;
	error = fail(-errno, "cannot make the state directory '%s'", dir);
	return error == -ENOENT ? fail_hint("is it mistyped? Else: mkdir -p '%s'", dir) : error;
}

int state_dir_make_lists(const char *dir, const char *file)
{
	char lists[4096];
	int size = snprintf(lists, sizeof(lists), "%s/" STATE_DIR_LISTS "/", dir), error;

	if (size >= (int)sizeof(lists) || strncmp(file, lists, size) || !access(lists, F_OK))
		return 0;
	error = state_dir_make(dir);
	return error ? error : make(lists);
}

int state_dir_open(const char *dir, int *fd)
{
	int error = state_dir_make(dir);

	if (error)
		return error;
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return fail(-errno, "cannot open '%s'", dir);
	error = state_dir_check(dir, *fd);
	if (error)
		close(*fd);
	return error;
}
