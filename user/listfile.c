// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replaces a file in one step. Everything is done relative to the directory that
 * was opened and checked, so that nobody can move another one in its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listfile.h"

#define TRIES 16

static int open_dir(struct listfile *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	size_t size = slash ? (size_t)(slash - path) : 0;
	struct stat st;

	f->name = slash ? slash + 1 : path;
	if (!*f->name || !strcmp(f->name, ".") || !strcmp(f->name, ".."))
		return -EISDIR;
	if (size >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, size);
	strcpy(dir + size, size ? "" : slash ? "/" : ".");
	f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0 || fstat(f->dir, &st))
		return -errno;
	/* Anybody could put another list in the place of ours. */
	if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
		return -EPERM;
	return 0;
}

/* What is there now; mode 0: nothing. */
static int look(const struct listfile *f, struct stat *st)
{
	struct stat dir;

	memset(st, 0, sizeof(*st));
	if (fstatat(f->dir, f->name, st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISLNK(st->st_mode))
		return -ELOOP;
	if (!S_ISREG(st->st_mode))
		return S_ISDIR(st->st_mode) ? -EISDIR : -ENOTSUP;
	if (fstat(f->dir, &dir))
		return -errno;
	/* Whoever put it there would own the list. */
	if (dir.st_mode & S_IWOTH && st->st_uid && st->st_uid != geteuid())
		return -EPERM;
	return 0;
}

static int make_temp(struct listfile *f, mode_t mode)
{
	unsigned long long number;
	int i;

	for (i = 0; i < TRIES; i++) {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -errno;
		snprintf(f->temp, sizeof(f->temp), ".nolist-xdp.%016llx", number);
		f->fd = openat(f->dir, f->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       mode);
		if (f->fd >= 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int listfile_open(struct listfile *f, const char *path)
{
	struct stat st;
	int error;

	*f = (struct listfile){ .dir = -1, .fd = -1 };
	error = open_dir(f, path);
	if (!error)
		error = look(f, &st);
	if (!error)
		error = make_temp(f, st.st_mode ? 0600 : 0644);
	if (!error && st.st_mode) {
		if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
		    fchown(f->fd, st.st_uid, st.st_gid))
			error = -errno;
		if (!error && fchmod(f->fd, st.st_mode & 0777))
			error = -errno;
	}
	if (error)
		listfile_abort(f);
	return error;
}

int listfile_write(void *listfile, const char *bytes, size_t size)
{
	struct listfile *f = listfile;
	ssize_t n;

	for (; size; bytes += n, size -= n) {
		n = write(f->fd, bytes, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

int listfile_commit(struct listfile *f)
{
	struct stat st;
	int error = 0;

	if (fsync(f->fd))
		error = -errno;
	if (!error && close(f->fd))
		error = -errno;
	else if (error)
		close(f->fd);
	f->fd = -1;
	/* Looked at again: it may have become something else meanwhile. */
	if (!error)
		error = look(f, &st);
	if (!error && renameat(f->dir, f->temp, f->dir, f->name))
		error = -errno;
	if (!error)
		f->temp[0] = '\0';
	if (!error && fsync(f->dir))
		error = -errno;
	listfile_abort(f);
	return error;
}

void listfile_abort(struct listfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp[0])
		unlinkat(f->dir, f->temp, 0);
	if (f->dir >= 0)
		close(f->dir);
	*f = (struct listfile){ .dir = -1, .fd = -1 };
}
