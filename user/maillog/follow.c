// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rotated files are those beside the log whose names are its name and numbers: mail.log.1, mail.log-20260102.
 * Compressed ones are no longer what they were, so none of them is ever found.
 */
#define _GNU_SOURCE /* basename() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/maillog/follow.h"

#define MARKED 256         /* bytes before a place */
#define CHUNK 65536        /* a line is shorter than that, or cut */
#define BESIDE_MAX 1000    /* files beside the log that are looked at */

struct file {
	int fd; /* -1: there is none */
	struct stat st;
};

static void close_file(struct file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* 0 or -errno; then there is none. */
static int open_file(struct file *f, int dir, const char *name)
{
	int error = 0;

	f->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &f->st))
		error = -errno;
	else if (!S_ISREG(f->st.st_mode))
		error = -EINVAL;
	if (error)
		close_file(f);
	return error;
}

/* --- places ---------------------------------------------------------------------- */

/* FNV-1a; 0 if they cannot be read. */
static uint64_t mark_at(int fd, uint64_t offset)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	unsigned char bytes[MARKED];
	size_t size = offset < MARKED ? offset : MARKED, i;

	if (pread(fd, bytes, size, offset - size) != (ssize_t)size)
		return 0;
	for (i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return (hash >> 1) | 1;
}

static struct maillog_place place_in(const struct file *f, uint64_t offset)
{
	return (struct maillog_place){ f->st.st_ino & INT64_MAX, offset, mark_at(f->fd, offset) };
}

static bool has_place(const struct file *f, const struct maillog_place *at)
{
	if (f->fd < 0 || (uint64_t)f->st.st_size < at->offset)
		return false;
	return at->offset ? mark_at(f->fd, at->offset) == at->mark : (f->st.st_ino & INT64_MAX) == at->inode;
}

/* Where the last line in there ends; start: none does. What is too long for a line is cut. */
static uint64_t last_line(int fd, uint64_t start, uint64_t end)
{
	char bytes[CHUNK];
	uint64_t from = end > start + CHUNK ? end - CHUNK : start;
	ssize_t n = pread(fd, bytes, end - from, from);
	const char *at = n > 0 ? memrchr(bytes, '\n', n) : NULL;

	if (at)
		return from + (at + 1 - bytes);
	return from > start ? end : start;
}

/* --- rotated files --------------------------------------------------------------- */

struct beside {
	char dir[PATH_MAX];
	const char *name; /* of the log */
	DIR *files;
	int seen;
};

static int open_beside(struct beside *b, const char *path)
{
	const char *name = basename(path);

	if (snprintf(b->dir, sizeof(b->dir), "%.*s", (int)(name - path), path) >= (int)sizeof(b->dir))
		return -ENAMETOOLONG;
	b->name = name;
	b->seen = 0;
	b->files = opendir(b->dir);
	return b->files ? 0 : -errno;
}

/* False: there is no other one. */
static bool next_beside(struct beside *b, struct file *f)
{
	size_t size = strlen(b->name);
	struct dirent *e;

	while (b->seen < BESIDE_MAX && (e = readdir(b->files))) {
		const char *rest = e->d_name + size;

		if (strncmp(e->d_name, b->name, size) || !*rest || rest[strspn(rest, ".-0123456789")])
			continue;
		b->seen++;
		if (!open_file(f, dirfd(b->files), e->d_name))
			return true;
	}
	return false;
}

static bool is_older(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

static int find_rotated(const char *path, const struct maillog_place *at, struct file *found)
{
	struct beside b;
	int error = open_beside(&b, path);

	found->fd = -1;
	if (error)
		return error;
	while (next_beside(&b, found)) {
		if (has_place(found, at))
			break;
		close_file(found);
	}
	closedir(b.files);
	return 0;
}

/* The oldest that is younger than "than" and not empty. */
static int find_after(const char *path, const struct file *than, struct file *found)
{
	struct beside b;
	struct file f;
	int error = open_beside(&b, path);

	found->fd = -1;
	if (error)
		return error;
	while (next_beside(&b, &f)) {
		if (f.st.st_size && is_older(&than->st, &f.st) && f.st.st_ino != than->st.st_ino &&
		    (found->fd < 0 || is_older(&f.st, &found->st))) {
			close_file(found);
			*found = f;
		} else {
			close_file(&f);
		}
	}
	closedir(b.files);
	return 0;
}

/* --- parts ----------------------------------------------------------------------- */

/* f: its descriptor is the part's from now on. */
static int set_part(struct maillog_part *p, struct file *f, uint64_t start, uint64_t end, bool is_whole)
{
	p->start = start;
	p->end = is_whole ? end : last_line(f->fd, start, end);
	p->left = f->st.st_size - p->end;
	p->next = place_in(f, p->end);
	if (p->end > start)
		p->file = fdopen(f->fd, "r");
	if (p->file) {
		f->fd = -1;
		return 0;
	}
	close_file(f);
	return p->end > start ? -ENOMEM : 0;
}

static int part_of(struct maillog_part *p, struct file *f, uint64_t start, uint64_t max, bool is_over)
{
	uint64_t size = f->st.st_size;

	/* The last line of a file that nobody writes any more may have no end. */
	if (size - start > max)
		return set_part(p, f, start, start + max, false);
	return set_part(p, f, start, size, is_over);
}

/*
 * The rest of a rotated file, and then the one after it. Whoever writes the log may still write into the
 * file that was renamed, until there is a line in a newer one.
 */
static int rotated_part(const char *path, struct file *old, struct file *log, const struct maillog_place *at,
			uint64_t max, struct maillog_part *p)
{
	struct file after;
	bool is_over, is_used = log->fd >= 0 && log->st.st_size;
	int error = find_after(path, old, &after);

	if (error)
		return error;
	is_over = after.fd >= 0 || is_used;
	if (fstat(old->fd, &old->st))
		error = -errno;
	else if ((uint64_t)old->st.st_size > at->offset || !is_over)
		error = part_of(p, old, at->offset, max, is_over);
	else
		error = part_of(p, after.fd >= 0 ? &after : log, 0, max, after.fd >= 0 && is_used);
	close_file(&after);
	return error;
}

int maillog_next_part(const char *path, const struct maillog_place *at, uint64_t max,
		      struct maillog_part *p)
{
	struct file log, old = { .fd = -1 };
	bool is_first = !at->inode && !at->offset;
	int error = open_file(&log, AT_FDCWD, path);

	*p = (struct maillog_part){ .next = *at };
	/* It may just be being rotated. */
	if (error && (error != -ENOENT || is_first))
		return error;
	error = 0;
	if (!is_first && !has_place(&log, at))
		error = find_rotated(path, at, &old);
	if (!error && old.fd >= 0) {
		error = rotated_part(path, &old, &log, at, max, p);
	} else if (!error && log.fd >= 0) {
		p->is_lost = !is_first && !has_place(&log, at);
		error = part_of(p, &log, is_first || p->is_lost ? 0 : at->offset, max, false);
	}
	/* A rotated file is left for a whole line of a newer one only. */
	if (!p->file && !is_first && !p->is_lost)
		p->next = *at;
	close_file(&old);
	close_file(&log);
	return error;
}
