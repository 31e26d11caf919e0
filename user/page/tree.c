// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page as files: each source that is listed has its own, and a web server says 404 for all others.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/page/private.h"

#define LEVELS 4 /* below 4/ or 6/: a byte or 16 bits each; the last one is a file */
#define PATH 64

struct tree {
	const struct page *p;
	int dir;
	int64_t now;
	struct page_tree *done;
};

/* --- one file ------------------------------------------------------------------------ */

static bool is_same(const struct tree *t, const char *path, const char *bytes, size_t size)
{
	int fd = openat(t->dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *is = malloc(size + 1);
	bool same = fd >= 0 && is && read(fd, is, size + 1) == (ssize_t)size && !memcmp(is, bytes, size);

	if (fd >= 0)
		close(fd);
	free(is);
	return same;
}

static int make_directories(const struct tree *t, const char *path)
{
	char part[PATH];
	const char *slash;

	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(t->dir, part, 0755) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* Who reads it meanwhile has the old one, or the new one. */
static int write_new(const struct tree *t, const char *path, const char *bytes, size_t size)
{
	static const char temp[] = ".new";
	int fd = openat(t->dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, size) != (ssize_t)size)
		error = -EIO;
	close(fd);
	if (!error && renameat(t->dir, temp, t->dir, path))
		error = -errno;
	return error;
}

static int put_bytes(const struct tree *t, const char *path, const char *bytes, size_t size)
{
	int error;

	if (is_same(t, path, bytes, size))
		return 0;
	error = make_directories(t, path);
	if (!error)
		error = write_new(t, path, bytes, size);
	t->done->written += !error;
	return error;
}

/* Without the blanks behind it, by which answers of a server are of one size. */
static int put(const struct tree *t, const char *path, struct http_reply *r)
{
	int error;

	if (!r->body)
		return -ENOMEM;
	while (r->size > 1 && (r->body[r->size - 1] == ' ' || r->body[r->size - 1] == '\n'))
		r->size--;
	r->body[r->size] = '\n'; /* where a blank was, or the zero byte of a string */
	error = put_bytes(t, path, r->body, r->size + 1);
	free(r->body);
	return error;
}

/* --- sources ------------------------------------------------------------------------- */

static void path_of(const struct nolist_addr *addr, const char *end, char path[PATH])
{
	const uint8_t *b = addr->b;

	if (addr_is_ip4(addr))
		snprintf(path, PATH, "4/%u/%u/%u/%u%s", b[12], b[13], b[14], b[15], end);
	else
		snprintf(path, PATH, "6/%x/%x/%x/%x%s", b[0] << 8 | b[1], b[2] << 8 | b[3], b[4] << 8 | b[5],
			 b[6] << 8 | b[7], end);
}

/* The source whose file this is; false: it is none of ours. */
static bool addr_of_path(const char *path, struct nolist_addr *addr)
{
	unsigned int n[LEVELS];
	char text[PATH], again[PATH], end[8];

	if (sscanf(path, "4/%3u/%3u/%3u/%3u%6s", &n[0], &n[1], &n[2], &n[3], end) == 5)
		snprintf(text, sizeof(text), "%u.%u.%u.%u", n[0], n[1], n[2], n[3]);
	else if (sscanf(path, "6/%4x/%4x/%4x/%4x%6s", &n[0], &n[1], &n[2], &n[3], end) == 5)
		snprintf(text, sizeof(text), "%x:%x:%x:%x::", n[0], n[1], n[2], n[3]);
	else
		return false;
	if (addr_parse(text, addr) || (strcmp(end, ".html") && strcmp(end, ".json")))
		return false;
	path_of(addr, end, again);
	return !strcmp(path, again);
}

static int put_entry(const struct nolist_addr *addr, const struct page_entry *e, void *arg)
{
	struct tree *t = arg;
	struct page_result a = { .status = 200, .has_addr = true, .addr = *addr, .e = *e,
				 .root = "../../../../" };
	struct http_reply r = {};
	char path[PATH];
	int error;

	t->done->entries++;
	page_html(t->p, &a, &r);
	path_of(addr, ".html", path);
	error = put(t, path, &r);
	if (error)
		return error;
	r = (struct http_reply){};
	page_json(&a, &r);
	path_of(addr, ".json", path);
	return put(t, path, &r);
}

static int drop(struct tree *t, const char *path)
{
	struct page_entry e;
	struct nolist_addr addr;
	int64_t made;

	if (!addr_of_path(path, &addr) || page_list_find(t->p->list, &addr, t->now, &e, &made) ||
	    e.is_listed)
		return 0;
	t->done->removed++;
	return unlinkat(t->dir, path, 0) ? -errno : 0;
}

/* Removes what is not listed any more below path, and directories that are empty then. */
static int prune(struct tree *t, const char *path, int level)
{
	int fd = openat(t->dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *of;
	char below[PATH];

	if (!d) {
		error = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	while (!error && (of = readdir(d))) {
		if (*of->d_name == '.' ||
		    snprintf(below, sizeof(below), "%s/%s", path, of->d_name) >= (int)sizeof(below))
			continue;
		error = level == LEVELS ? drop(t, below) : prune(t, below, level + 1);
	}
	closedir(d);
	unlinkat(t->dir, path, AT_REMOVEDIR); /* fails unless it is empty */
	return error;
}

/* --- all of it ----------------------------------------------------------------------- */

static int put_fixed(const struct tree *t)
{
	struct page_result start = { .status = 200, .root = "" }, missing = { .status = 404, .root = "/" };
	struct http_reply r = {};
	struct page_entry e;
	int64_t made;
	int error;

	/* That one is served at any depth. */
	if (!page_list_find(t->p->list, &start.addr, t->now, &e, &made) && *e.url)
		missing.root = e.url;
	page_list_times(t->p->list, &start.made, &start.now);
	page_html(t->p, &start, &r);
	error = put(t, "index.html", &r);
	if (error)
		return error;
	missing.why = "That address is not listed";
	missing.is_at_once = true;
	page_html(t->p, &missing, &r);
	error = put(t, "404.html", &r);
	if (error)
		return error;
	page_style(&r);
	error = put(t, "style.css", &r);
	if (error)
		return error;
	page_script(&r);
	return put(t, "lookup.js", &r);
}

int page_tree_write(const struct page *p, const char *dir, struct page_tree *done)
{
	struct tree t = { .p = p, .now = time(NULL), .done = done };
	int error;

	*done = (struct page_tree){};
	umask(022);
	t.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.dir < 0)
		return fail(-errno, "cannot open '%s'", dir);
	error = page_list_each(p->list, t.now, put_entry, &t);
	if (error == -ESTALE || error == -EBADMSG || error == -ENOENT) {
		close(t.dir);
		fail(error, "there is no list of the format \"page\" that may be used");
		return fail_hint("the files in '%s' are as they were", dir);
	}
	if (!error)
		error = prune(&t, "4", 1);
	if (!error)
		error = prune(&t, "6", 1);
	if (!error)
		error = put_fixed(&t);
	close(t.dir);
	return error ? fail(error, "cannot write below '%s'", dir) : 0;
}
