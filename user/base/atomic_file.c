// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replaces a file in one step. Everything is done relative to the directory that was
 * opened and checked: another one moved into its place has no effect.
 */
#define _GNU_SOURCE /* O_PATH, O_TMPFILE */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/atomic_file.h"

#define TRIES 16
/* Added to a list's time: until its reader has reloaded it, and for each second until then. */
#define PENDING_NS 1000
#define SETTLED_NS 2000
#define SECOND_NS 100
#define SETTLED_MAX ((1000000000 - SETTLED_NS) / SECOND_NS - 1) /* 115 days */
#define TEMP_PREFIX ".nolist-xdp."
#define TEMP_DIGITS 16
#define LINKS 16 /* symbolic links on the way */

/*
 * Only root's and our own symbolic links are followed. A link of another user could make
 * us write where that user cannot.
 */
static bool is_trusted(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

/* A directory where any user could replace our list by another one. */
static bool is_open(const struct stat *st)
{
	return st->st_mode & S_IWOTH && !(st->st_mode & S_ISVTX);
}

static int follow(int *at, int link, int *links);

/* Walks from *at along a path, which strtok_r() cuts up; *at is then the end of it. */
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

static int open_dir(struct atomic_file *f, const char *path)
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
		/* The O_PATH descriptor of the walk cannot be synced. */
		f->dir = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (f->dir < 0 || fstat(f->dir, &st))
			error = -errno;
	}
	close(at);
	return !error && is_open(&st) ? -EPERM : error;
}

/* What is at the path now; st_mode 0: nothing. */
static int look(const struct atomic_file *f, struct stat *st)
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
	/* The user that put it there would own the list. */
	if (dir.st_mode & S_IWOTH && st->st_uid && st->st_uid != geteuid())
		return -EPERM;
	return 0;
}

/* The old file is only read to compare it: one that cannot be read is still replaced. */
static int open_old(struct atomic_file *f)
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

int atomic_file_open(struct atomic_file *f, const char *path)
{
	int error;

	*f = (struct atomic_file){ .dir = -1, .old = -1, .fd = -1 };
	error = open_dir(f, path);
	if (!error)
		error = look(f, &f->was);
	if (!error && f->was.st_mode)
		f->old = open_old(f);
	if (error)
		atomic_file_close(f);
	return error;
}

/*
 * A temporary file without a writer: of one that was killed. Each writer locks its own until
 * it has closed it.
 */
static bool is_left(int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is_it;

	if (fd < 0)
		return false;
	is_it = !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		!flock(fd, LOCK_EX | LOCK_NB);
	close(fd);
	return is_it;
}

/* Removes what killed writers have left in the directory; nothing depends on it. */
static void sweep(int at)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) &&
		    strspn(entry->d_name + strlen(TEMP_PREFIX), "0123456789abcdef") == TEMP_DIGITS &&
		    strlen(entry->d_name) == strlen(TEMP_PREFIX) + TEMP_DIGITS &&
		    is_left(at, entry->d_name))
			unlinkat(at, entry->d_name, 0);
	closedir(dir);
}

static int set_temp(struct atomic_file *f)
{
	unsigned long long number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(f->temp, sizeof(f->temp), TEMP_PREFIX "%0*llx", TEMP_DIGITS, number);
	return 0;
}

/* If the file system can, a file without a name: then a killed process leaves nothing. */
static int make_temp(struct atomic_file *f, mode_t mode)
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

int atomic_file_start(struct atomic_file *f, mode_t mode)
{
	const struct stat *st = &f->was;
	int error = make_temp(f, st->st_mode ? 0600 : mode);

	if (error)
		return error;
	/* As a sign for sweep(); on a file system without locks nothing is swept either. */
	flock(f->fd, LOCK_EX | LOCK_NB);
	if (!st->st_mode)
		return 0;
	if ((st->st_uid != geteuid() || st->st_gid != getegid()) &&
	    fchown(f->fd, st->st_uid, st->st_gid))
		return -errno;
	return fchmod(f->fd, st->st_mode & 0777) ? -errno : 0;
}

int atomic_file_write(void *atomic_file, const char *bytes, size_t size)
{
	struct atomic_file *f = atomic_file;
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
static int name_temp(struct atomic_file *f)
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

int atomic_file_commit(struct atomic_file *f, int64_t time, bool is_pending)
{
	const struct timespec at = { .tv_sec = time, .tv_nsec = is_pending ? PENDING_NS : 0 };
	const struct timespec times[2] = { at, at };
	struct stat st;
	int error;

	if (futimens(f->fd, times) || fsync(f->fd))
		return -errno;
	error = name_temp(f);
	/* Check again: it may have changed meanwhile. */
	if (!error)
		error = look(f, &st);
	if (!error && renameat(f->dir, f->temp, f->dir, f->name))
		error = -errno;
	if (error)
		return error;
	f->temp[0] = '\0';
	sweep(f->dir);
	/* A second time, since the new file is there already: a reason may have passed. */
	return fsync(f->dir) && fsync(f->dir) ? -errno : 0;
}

bool atomic_file_is_pending(const struct atomic_file *f)
{
	return f->was.st_mtim.tv_nsec == PENDING_NS;
}

int64_t atomic_file_settled(const struct atomic_file *f)
{
	long ns = f->was.st_mtim.tv_nsec;

	return f->was.st_mtime + (ns >= SETTLED_NS ? (ns - SETTLED_NS) / SECOND_NS : 0);
}

int atomic_file_settle(const char *path, int64_t time, int64_t at)
{
	int64_t after = at < time ? 0 : at - time > SETTLED_MAX ? SETTLED_MAX : at - time;
	const struct timespec mark = { .tv_sec = time, .tv_nsec = SETTLED_NS + after * SECOND_NS };
	const struct timespec times[2] = { mark, mark };
	struct atomic_file f;
	int error = atomic_file_open(&f, path);

	if (error)
		return error;
	/* If another file has replaced it meanwhile, leave that one pending. */
	if (f.was.st_mtime == time && utimensat(f.dir, f.name, times, AT_SYMLINK_NOFOLLOW))
		error = -errno;
	atomic_file_close(&f);
	return error;
}

void atomic_file_close(struct atomic_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->old >= 0)
		close(f->old);
	if (f->temp[0])
		unlinkat(f->dir, f->temp, 0);
	if (f->dir >= 0)
		close(f->dir);
	*f = (struct atomic_file){ .dir = -1, .old = -1, .fd = -1 };
}
