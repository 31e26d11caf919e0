// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes in the state directory; see state_note.h. Written beside, then renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/state_dir.h"
#include "user/base/state_note.h"

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	error = state_dir_check(dir, fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int state_note_read(const char *dir, const char *name, char text[STATE_NOTE_MAX])
{
	int at = open_dir(dir), fd;
	ssize_t size;

	if (at < 0)
		return at;
	fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size = fd < 0 ? -errno : read(fd, text, STATE_NOTE_MAX - 1);
	if (fd >= 0) {
		if (size < 0)
			size = -errno;
		close(fd);
	}
	close(at);
	if (size < 0)
		return size;
	text[size] = '\0';
	return 0;
}

static int write_at(int at, const char *name, const char *text)
{
	size_t size = strlen(text);
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error;

	if (fd < 0)
		return -errno;
	error = write(fd, text, size) == (ssize_t)size ? 0 : errno ? -errno : -ENOSPC;
	close(fd);
	return error;
}

int state_note_write(const char *dir, const char *name, const char *text)
{
	int at = open_dir(dir), error;
	char next[64];

	if (at < 0)
		return at;
	snprintf(next, sizeof(next), ".%s.%d", name, (int)getpid());
	error = write_at(at, next, text);
	if (!error && renameat(at, next, at, name))
		error = -errno;
	if (error)
		unlinkat(at, next, 0);
	close(at);
	return error;
}

int state_note_remove(const char *dir, const char *name)
{
	int at = open_dir(dir), error;

	if (at < 0)
		return at == -ENOENT ? 0 : at;
	error = unlinkat(at, name, 0) && errno != ENOENT ? -errno : 0;
	close(at);
	return error;
}
