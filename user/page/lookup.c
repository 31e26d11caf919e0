// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds an address in the list. The file is mapped, and looked at again when another one has taken
 * its place. Its lines are not trusted: what cannot be read is no entry.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/page_row.h"
#include "user/base/text.h"
#include "user/page/page.h"

struct page_list {
	pthread_mutex_t mutex;
	char *file;
	/* Of the version that is mapped: */
	char *text;
	size_t size, rows;
	const char *first; /* row */
	int64_t made, expires;
	char url[PAGE_URL], lifts[PAGE_PATH];
	struct stat was;
};

int page_list_open(struct page_list **lp, const char *file)
{
	struct page_list *l = calloc(1, sizeof(*l));

	*lp = l;
	if (!l)
		return -ENOMEM;
	l->file = strdup(file);
	return !l->file || pthread_mutex_init(&l->mutex, NULL) ? -ENOMEM : 0;
}

static void unmap(struct page_list *l)
{
	if (l->text)
		munmap(l->text, l->size);
	l->text = NULL;
	l->rows = 0;
	memset(&l->was, 0, sizeof(l->was));
}

void page_list_free(struct page_list *l)
{
	if (!l)
		return;
	unmap(l);
	pthread_mutex_destroy(&l->mutex);
	free(l->file);
	free(l);
}

/* "# KEY: TIME" in the head. */
static void read_time(const char *line, const char *end, const char *key, int64_t *time)
{
	char text[TEXT_TIME];
	size_t size = strlen(key);

	if ((size_t)(end - line) <= size || memcmp(line, key, size) ||
	    (size_t)(end - line) - size >= sizeof(text))
		return;
	memcpy(text, line + size, end - line - size);
	text[end - line - size] = '\0';
	text_time_parse(text, time);
}

/* "KEYTEXT" in the head. What is too long is none. */
static void read_text(const char *line, const char *end, const char *key, char *text, size_t capacity)
{
	size_t size = strlen(key), left;

	if ((size_t)(end - line) <= size || memcmp(line, key, size))
		return;
	left = end - line - size;
	if (left >= capacity)
		return;
	memcpy(text, line + size, left);
	text[left] = '\0';
}

static int read_head(struct page_list *l)
{
	const char *at = l->text, *end = l->text + l->size, *eol;

	l->made = l->expires = 0;
	*l->url = *l->lifts = '\0';
	for (; at < end && *at == '#'; at = eol + 1) {
		eol = memchr(at, '\n', end - at);
		if (!eol)
			return -EBADMSG;
		read_time(at, eol, "# time: ", &l->made);
		read_time(at, eol, "# expires: ", &l->expires);
		read_text(at, eol, PAGE_URL_HEAD, l->url, sizeof(l->url));
		read_text(at, eol, PAGE_LIFTS_HEAD, l->lifts, sizeof(l->lifts));
	}
	l->first = at;
	l->rows = (end - at) / PAGE_ROW;
	return l->made && l->expires && (end - at) % PAGE_ROW == 0 ? 0 : -EBADMSG;
}

static int map(struct page_list *l, const struct stat *is)
{
	int fd = open(l->file, O_RDONLY | O_CLOEXEC), error = 0;

	unmap(l);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &l->was) || !l->was.st_size || is->st_size > INT32_MAX)
		error = -EBADMSG;
	l->size = l->was.st_size;
	if (!error) {
		l->text = mmap(NULL, l->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (l->text == MAP_FAILED) {
			l->text = NULL;
			error = -errno;
		}
	}
	close(fd);
	if (!error)
		error = read_head(l);
	if (error)
		unmap(l);
	return error;
}

/* A list is replaced, never changed in its place. */
static int refresh(struct page_list *l)
{
	struct stat is;

	if (stat(l->file, &is))
		return -errno;
	if (l->text && is.st_ino == l->was.st_ino && is.st_mtime == l->was.st_mtime &&
	    is.st_size == l->was.st_size)
		return 0;
	return map(l, &is);
}

static bool parse(const char *line, struct nolist_addr *addr, struct page_entry *e)
{
	char text[PAGE_ROW + 1], source[32], hours[PAGE_HOURS * PAGE_HOUR + 1] = "";
	long long since, until, next, lift;
	struct prefix p;
	int i;

	memcpy(text, line, PAGE_ROW);
	text[PAGE_ROW] = '\0';
	if (sscanf(text, "%31s %10lld %10lld %1d %1u %10lld %10lld %48s", source, &since, &until,
		   &e->tier, &e->walks, &next, &lift, hours) != 8 || prefix_parse(source, &p))
		return false;
	*addr = p.addr;
	e->since = since;
	e->until = until;
	e->walk_next = next;
	e->lift_next = lift;
	for (i = PAGE_HOURS - 1; i >= 0; i--) {
		hours[(i + 1) * PAGE_HOUR] = '\0';
		e->hour[i] = strtoul(hours + i * PAGE_HOUR, NULL, 16);
	}
	return true;
}

/* As many looks for each address of the same list, whether it is there or not. */
static int find(struct page_list *l, const struct nolist_source *src, struct page_entry *e)
{
	struct page_entry row = {};
	struct nolist_addr addr;
	size_t from = 0, step;
	int order;

	for (step = 1; step <= l->rows / 2; step *= 2)
		;
	for (; step && l->rows; step /= 2) {
		size_t at = from + step - 1 < l->rows ? from + step - 1 : l->rows - 1;

		if (!parse(l->first + at * PAGE_ROW, &addr, &row))
			return -EBADMSG;
		order = addr_compare(&addr, &src->addr);
		if (!order) {
			*e = row;
			e->is_listed = true;
		} else if (order < 0 && from + step <= l->rows) {
			from += step;
		}
	}
	return 0;
}

int page_list_find(struct page_list *l, const struct nolist_addr *addr, int64_t now,
		   struct page_entry *e, int64_t *made)
{
	struct nolist_source src = addr_source(addr);
	int error;

	*e = (struct page_entry){};
	pthread_mutex_lock(&l->mutex);
	error = refresh(l);
	if (!error && l->expires < now)
		error = -ESTALE;
	if (!error)
		error = find(l, &src, e);
	*made = l->made;
	/* An entry ends by itself, also where no newer list came. */
	if (!error && e->is_listed && e->until <= now)
		*e = (struct page_entry){};
	if (!error) {
		memcpy(e->url, l->url, sizeof(e->url));
		memcpy(e->lifts, l->lifts, sizeof(e->lifts));
	}
	pthread_mutex_unlock(&l->mutex);
	return error;
}

int page_list_each(struct page_list *l, int64_t now, page_list_fn *fn, void *arg)
{
	struct page_entry e = { .is_listed = true };
	struct nolist_addr addr;
	size_t i;
	int error = refresh(l);

	if (!error && l->expires < now)
		error = -ESTALE;
	for (i = 0; i < l->rows && !error; i++) {
		if (!parse(l->first + i * PAGE_ROW, &addr, &e))
			error = -EBADMSG;
		else if (e.until > now)
			error = fn(&addr, &e, arg);
	}
	return error;
}

void page_list_times(struct page_list *l, int64_t *made, int64_t *expires)
{
	*made = l->made;
	*expires = l->expires;
}
