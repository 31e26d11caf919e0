// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replaces a file in one step. Everything is done relative to the directory that
 * was opened and checked, so that nobody can move another one in its place.
 */
#define _GNU_SOURCE /* O_PATH, O_TMPFILE */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/lists/atomic_file.h"

#define TRIES 16
#define PENDING_NS 1000 /* beside the seconds of a list's time: its reader has not taken it */
#define LINKS 16 /* symbolic links on the way */

/*
 * Who may lead us elsewhere: root and ourselves. Anybody else's link on the way
 * would have us write where he cannot.
 */
static bool is_trusted(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

/* A directory where anybody could put another list in the place of ours. */
static bool is_open(const struct stat *st)
{
	return st->st_mode & S_IWOTH && !(st->st_mode & S_ISVTX);
}

static int follow(int *at, int link, int *links);

/* Goes from *at along a path, which is cut to pieces; *at changes. */
static int walk(int *at, char *path, int *links)
{
	char *rest, *part;
	struct stat st;
	int fd, error;

	if (*path == '/') {
		fd = open("/", O_PATH | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		close(*at);
		*at = fd;
	}
	for (part = strtok_r(path, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
		fd = openat(*at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (fstat(fd, &st))
			error = -errno;
		else if (!S_ISLNK(st.st_mode))
			error = !S_ISDIR(st.st_mode) ? -ENOTDIR : is_open(&st) ? -EPERM : 0;
		else
			error = is_trusted(&st) ? follow(at, fd, links) : -ELOOP;
		if (error || S_ISLNK(st.st_mode)) {
			close(fd);
			if (error)
				return error;
			continue;
		}
		close(*at);
		*at = fd;
	}
	return 0;
}

static int follow(int *at, int link, int *links)
{
	char path[PATH_MAX];
	ssize_t size = readlinkat(link, "", path, sizeof(path));

	if (size < 0)
		return -errno;
	if (size == sizeof(path) || ++*links > LINKS)
		return -ELOOP;
	path[size] = '\0';
	return walk(at, path, links);
}

static int open_dir(struct listfile *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t size = slash ? (size_t)(slash - path) + 1 : 0;
	char dir[PATH_MAX];
	int at, links = 0, error;
	struct stat st;

	f->name = path + size;
	if (!*f->name || !strcmp(f->name, ".") || !strcmp(f->name, ".."))
		return -EISDIR;
	if (size >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, size);
	dir[size] = '\0';
	at = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -errno;
	error = walk(&at, dir, &links);
	if (!error) {
		/* What was walked to cannot be synced. */
		f->dir = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (f->dir < 0 || fstat(f->dir, &st))
			error = -errno;
	}
	close(at);
	return !error && is_open(&st) ? -EPERM : error;
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

/* Reading is only to compare: what cannot be read is replaced all the same. */
static int open_old(struct listfile *f)
{
	struct stat st;
	int fd;

	fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int listfile_open(struct listfile *f, const char *path)
{
	int error;

	*f = (struct listfile){ .dir = -1, .old = -1, .fd = -1 };
	error = open_dir(f, path);
	if (!error)
		error = look(f, &f->was);
	if (!error && f->was.st_mode)
		f->old = open_old(f);
	if (error)
		listfile_close(f);
	return error;
}

static int set_temp(struct listfile *f)
{
	unsigned long long number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(f->temp, sizeof(f->temp), ".nolist-xdp.%016llx", number);
	return 0;
}

/* Where the file system can, a file without a name: whoever is killed leaves nothing. */
static int make_temp(struct listfile *f, mode_t mode)
{
	int i, error;

	f->fd = openat(f->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
	if (f->fd >= 0)
		return 0;
	for (i = 0; i < TRIES; i++) {
		error = set_temp(f);
		if (error)
			return error;
		f->fd = openat(f->dir, f->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       mode);
		if (f->fd >= 0)
			return 0;
		error = -errno;
		f->temp[0] = '\0';
		if (error != -EEXIST)
			return error;
	}
	return -EEXIST;
}

int listfile_start(struct listfile *f)
{
	const struct stat *st = &f->was;
	int error = make_temp(f, st->st_mode ? 0600 : 0644);

	if (error || !st->st_mode)
		return error;
	if ((st->st_uid != geteuid() || st->st_gid != getegid()) &&
	    fchown(f->fd, st->st_uid, st->st_gid))
		return -errno;
	return fchmod(f->fd, st->st_mode & 0777) ? -errno : 0;
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

/* Gives the new file a name, if it has none: a rename needs one. */
static int name_temp(struct listfile *f)
{
	char path[64];
	int i, error = 0;

	if (f->temp[0])
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	for (i = 0; i < TRIES && !error; i++) {
		error = set_temp(f);
		if (!error && !linkat(AT_FDCWD, path, f->dir, f->temp, AT_SYMLINK_FOLLOW))
			return 0;
		if (!error && errno != EEXIST)
			error = -errno;
	}
	f->temp[0] = '\0';
	return error ? error : -EEXIST;
}

int listfile_commit(struct listfile *f, int64_t time, bool is_pending)
{
	const struct timespec at = { .tv_sec = time, .tv_nsec = is_pending ? PENDING_NS : 0 };
	const struct timespec times[2] = { at, at };
	struct stat st;
	int error;

	if (futimens(f->fd, times) || fsync(f->fd))
		return -errno;
	error = name_temp(f);
	/* Looked at again: it may have become something else meanwhile. */
	if (!error)
		error = look(f, &st);
	if (!error && renameat(f->dir, f->temp, f->dir, f->name))
		error = -errno;
	if (error)
		return error;
	f->temp[0] = '\0';
	return fsync(f->dir) ? -errno : 0;
}

bool listfile_is_pending(const struct listfile *f)
{
	return f->was.st_mtim.tv_nsec == PENDING_NS;
}

int listfile_settle(const char *path, int64_t time)
{
	const struct timespec at = { .tv_sec = time }, times[2] = { at, at };
	struct listfile f;
	int error = listfile_open(&f, path);

	if (error)
		return error;
	/* Another one has replaced it meanwhile: that one is not done. */
	if (f.was.st_mtime == time && utimensat(f.dir, f.name, times, AT_SYMLINK_NOFOLLOW))
		error = -errno;
	listfile_close(&f);
	return error;
}

void listfile_close(struct listfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->old >= 0)
		close(f->old);
	if (f->temp[0])
		unlinkat(f->dir, f->temp, 0);
	if (f->dir >= 0)
		close(f->dir);
	*f = (struct listfile){ .dir = -1, .old = -1, .fd = -1 };
}
