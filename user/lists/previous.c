// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merges an old list with a new one, both in the order of addresses, without holding
 * either in memory. A file that another program wrote may be in any order, or no list at
 * all; then its sources may count as new ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/lists/previous.h"

static bool is_address(const char *at, size_t size, struct nolist_source *src)
{
	char text[ADDR_TEXT];
	struct prefix p;
	size_t i, colons = 0;

	if (size < 2 || size + 3 > sizeof(text))
		return false;
	memcpy(text, at, size);
	for (i = 0; i < size; i++)
		colons += at[i] == ':';
	/* Four groups are a /64 even without "::" at their end. */
	strcpy(text + size, colons == 3 && !memchr(at, '/', size) ? "::" : "");
	if (prefix_parse(text, &p)) {
		text[size] = '\0';
		if (prefix_parse(text, &p))
			return false;
	}
	*src = addr_source(&p.addr);
	return true;
}

bool previous_source(const char *line, struct nolist_source *src)
{
	static const char letters[] = "0123456789abcdef.:/";
	size_t size;

	if (strchr("#;$:!", *line))
		return false;
	while (*line) {
		if (!strncmp(line, "IPv6:", 5))
			line += 5;
		line += *line == ':';
		size = strspn(line, letters);
		if (is_address(line, size, src))
			return true;
		line += size;
		line += *line && !strchr(letters, *line);
	}
	return false;
}

/* The test entries of DNS lists (RFC 5782 5). */
static bool is_test(const struct nolist_source *src)
{
	return addr_is_ip4(&src->addr) && src->addr.b[12] == 127;
}

/* --- in a process that can do nothing else --------------------------------------- */

#define BUFFER 65536

struct reading {
	int fd;
	bool (*source)(const char *line, struct nolist_source *src);
	size_t used, at; /* bytes in the buffer, and read of them */
	int error;
	char bytes[BUFFER];
};

/* The next line, without its end; NULL: no more. A line longer than the buffer comes in part. */
static char *next_line(struct reading *r)
{
	char *line, *end;
	ssize_t n;

	for (;;) {
		line = r->bytes + r->at;
		end = memchr(line, '\n', r->used - r->at);
		if (end) {
			*end = '\0';
			r->at = end + 1 - r->bytes;
			return line;
		}
		memmove(r->bytes, line, r->used - r->at);
		r->used -= r->at;
		r->at = 0;
		if (r->used == sizeof(r->bytes))
			r->used = 0;
		n = read(r->fd, r->bytes + r->used, sizeof(r->bytes) - r->used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r->error = -errno;
		if (n <= 0)
			return NULL;
		r->used += n;
	}
}

static int work(FILE *to, void *arg)
{
	struct reading *r = arg;
	struct nolist_source src;
	const char *line;

	while ((line = next_line(r))) {
		memset(&src, 0, sizeof(src));
		if (r->source(line, &src) && !is_test(&src) && fwrite(&src, sizeof(src), 1, to) != 1)
			return -EIO;
	}
	return r->error;
}

/* --- the one that asks ------------------------------------------------------------ */

static void advance(struct previous *old)
{
	struct nolist_source src;

	old->has_next = old->reader.pid && confined_read(&old->reader, &src, sizeof(src));
	if (old->has_next)
		old->next = addr_source(&src.addr);
	else if (!old->error)
		old->error = confined_end(&old->reader);
}

static int start(struct previous *old, int fd, const struct format *format)
{
	struct reading *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->fd = fd;
	r->source = format->source ? format->source : previous_source;
	error = confined_start(&old->reader, fd, work, r);
	free(r);
	return error;
}

void previous_open(struct previous *old, int fd, const struct format *format,
		   previous_gone_fn *gone, void *arg)
{
	*old = (struct previous){ .gone = gone, .arg = arg };
	if (fd < 0 || !format_has_rows(format))
		return;
	old->error = start(old, fd, format);
	if (!old->error)
		advance(old);
}

static void pass(struct previous *old, bool is_unchanged)
{
	old->count++;
	if (!is_unchanged) {
		old->removed++;
		if (old->gone)
			old->gone(&old->next, old->arg);
	}
	advance(old);
}

bool previous_has(struct previous *old, const struct nolist_source *src)
{
	int order = -1;

	while (old->has_next && (order = addr_compare(&old->next.addr, &src->addr)) < 0)
		pass(old, false);
	if (!old->has_next || order)
		return false;
	pass(old, true);
	return true;
}

void previous_end(struct previous *old)
{
	while (old->has_next)
		pass(old, false);
}

void previous_close(struct previous *old)
{
	confined_stop(&old->reader);
}
