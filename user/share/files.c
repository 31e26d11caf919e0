// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport of files: a directory that rsync, a web server or a network file system brings to
 * the other hosts.
 *
 *	DIR/NODE/head              the head of a node
 *	DIR/NODE/head-INCARNATION  of one of its earlier stores
 *	DIR/NODE/BB/BUCKET-DIGEST  a blob, of which another version has another name
 *	DIR/list                   the judge's list
 */
#define _GNU_SOURCE /* syncfs */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/share/transport.h"

struct files {
	struct transport t;
	int dir;
	char path[PATH_MAX];
	bool is_dirty; /* something was written that may not be on the disk */
};

#define NAME_ROOM (NODE_NAME_MAX + 64)

static void name_of(const struct key *key, char name[NAME_ROOM])
{
	char hex[2 * DIGEST_BYTES + 1];

	switch (key->kind) {
	case KEY_HEAD:
		snprintf(name, NAME_ROOM, "%s/head", key->node);
		break;
	case KEY_EARLIER:
		snprintf(name, NAME_ROOM, "%s/head-%016llx", key->node,
			 (unsigned long long)key->incarnation);
		break;
	case KEY_BLOB:
		digest_text(key->digest, hex);
		snprintf(name, NAME_ROOM, "%s/%.2s/%05x-%s", key->node, hex, key->bucket, hex);
		break;
	case KEY_LIST:
		snprintf(name, NAME_ROOM, "list");
	}
}

static int renew(struct transport *t, const struct key *key, size_t n, bool *is_there)
{
	struct files *f = (struct files *)t;
	char name[NAME_ROOM];
	struct stat st;
	size_t i;

	for (i = 0; i < n; i++) {
		name_of(&key[i], name);
		is_there[i] = !fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
			      S_ISREG(st.st_mode) && st.st_size == (off_t)key[i].size;
	}
	return 0;
}

/* The directories of a name. */
static int make_dirs(struct files *f, const char *name)
{
	char dir[NAME_ROOM];
	const char *slash = name;

	while ((slash = strchr(slash, '/'))) {
		memcpy(dir, name, slash - name);
		dir[slash++ - name] = '\0';
		if (mkdirat(f->dir, dir, 0755) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	ssize_t n;

	for (; size; bytes += n, size -= n) {
		n = write(fd, bytes, size);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

/* A head or a list counts only with all before it on the disk. */
static int sync_before(struct files *f, const struct key *key)
{
	if (key->kind == KEY_BLOB || !f->is_dirty)
		return 0;
	return syncfs(f->dir) ? -errno : 0;
}

static int put(struct transport *t, const struct key *key, const void *bytes, size_t size)
{
	struct files *f = (struct files *)t;
	char name[NAME_ROOM], temp[NAME_ROOM + 8];
	int fd, error;

	name_of(key, name);
	error = make_dirs(f, name);
	if (!error)
		error = sync_before(f, key);
	/* rsync leaves out what begins with a dot, if it is told so; two pushers must not meet. */
	snprintf(temp, sizeof(temp), "%s.tmp", name);
	unlinkat(f->dir, temp, 0);
	fd = error ? -1 : openat(f->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (!error && fd < 0)
		error = -errno;
	if (!error)
		error = write_all(fd, bytes, size);
	if (!error && key->kind != KEY_BLOB && fsync(fd))
		error = -errno;
	if (fd >= 0 && close(fd) && !error)
		error = -errno;
	if (!error && renameat(f->dir, temp, f->dir, name))
		error = -errno;
	f->is_dirty = true;
	return error ? fail(error, "cannot write '%s/%s'", f->path, name) : 0;
}

static int sync_all(struct transport *t)
{
	struct files *f = (struct files *)t;

	if (f->is_dirty && syncfs(f->dir))
		return fail(-errno, "cannot write below '%s'", f->path);
	f->is_dirty = false;
	return 0;
}

/* A regular file of at most max bytes; *bytes: NULL, there is none. */
static int read_file(struct files *f, const char *name, size_t max, uint8_t **bytes, size_t *size)
{
	int fd = openat(f->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), error = 0;
	struct stat st;
	ssize_t n = 0;

	*bytes = NULL;
	*size = 0;
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st))
		error = -errno;
	if (!error && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max) {
		*bytes = malloc(st.st_size + 1);
		error = *bytes ? 0 : -ENOMEM;
		while (*bytes && *size < (size_t)st.st_size &&
		       (n = read(fd, *bytes + *size, st.st_size - *size)) > 0)
			*size += n;
		if (n < 0)
			error = -errno;
	}
	close(fd);
	return error;
}

static int get(struct transport *t, const struct key *key, size_t n, size_t max, transport_fn *fn,
	       void *arg)
{
	struct files *f = (struct files *)t;
	char name[NAME_ROOM];
	uint8_t *bytes;
	size_t i, size;
	int error = 0;

	for (i = 0; i < n && !error; i++) {
		name_of(&key[i], name);
		error = read_file(f, name, max, &bytes, &size);
		if (error)
			fail(error, "cannot read '%s/%s'", f->path, name);
		else
			error = fn(i, bytes, size, arg);
		free(bytes);
	}
	return error;
}

static int drop(struct transport *t, const struct key *key, size_t n)
{
	struct files *f = (struct files *)t;
	char name[NAME_ROOM];
	size_t i;

	for (i = 0; i < n; i++) {
		name_of(&key[i], name);
		if (unlinkat(f->dir, name, 0) && errno != ENOENT)
			return fail(-errno, "cannot remove '%s/%s'", f->path, name);
	}
	return 0;
}

static int lease(struct transport *t, const char *who, int seconds, char *holder, size_t size)
{
	(void)t;
	(void)seconds;
	snprintf(holder, size, "%s", who);
	return 0;
}

static bool lasts(struct transport *t)
{
	(void)t;
	return true;
}

static void describe(struct transport *t, char *text, size_t size)
{
	snprintf(text, size, "files below '%.180s'", ((struct files *)t)->path);
}

static void close_files(struct transport *t)
{
	struct files *f = (struct files *)t;

	close(f->dir);
	free(f);
}

int files_open(struct transport **tp, const char *dir)
{
	static const struct transport_ops ops = { renew, put, sync_all, get, drop, lease, lasts, describe, close_files };
	struct files *f = calloc(1, sizeof(*f));
	struct stat st;

	if (!f)
		return fail(-ENOMEM, "cannot open '%s'", dir);
	f->t.ops = &ops;
	snprintf(f->path, sizeof(f->path), "%s", dir);
	f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0 || fstat(f->dir, &st)) {
		int error = fail(-errno, "cannot open '%s'", dir);

		if (f->dir >= 0)
			close(f->dir);
		free(f);
		return error == -ENOENT ? fail_hint("make it, with the owner that shares there") : error;
	}
	if (st.st_mode & S_IWOTH) {
		close_files(&f->t);
		return failx(-EPERM, "'%s': any user can write to it", dir);
	}
	*tp = &f->t;
	return 0;
}
