// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merges an old list with a new one, both in the order of addresses, without holding
 * either in memory. A file that another program wrote may be in any order, or no list at
 * all; then its sources may count as new ones.
 */
#include <errno.h>
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

/* The next line, without its end; NULL: no more. A line longer than the buffer comes in part. */
static char *next_line(struct previous *old)
{
	char *line, *end;
	ssize_t n;

	for (;;) {
		line = old->bytes + old->at;
		end = memchr(line, '\n', old->used - old->at);
		if (end) {
			*end = '\0';
			old->at = end + 1 - old->bytes;
			return line;
		}
		memmove(old->bytes, line, old->used - old->at);
		old->used -= old->at;
		old->at = 0;
		if (old->used == sizeof(old->bytes))
			old->used = 0;
		n = read(old->fd, old->bytes + old->used, sizeof(old->bytes) - old->used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			old->error = -errno;
		if (n <= 0)
			return NULL;
		old->used += n;
	}
}

static void advance(struct previous *old)
{
	char *line;

	old->has_next = false;
	while (!old->has_next && (line = next_line(old)))
		old->has_next = old->source(line, &old->next) && !is_test(&old->next);
}

void previous_open(struct previous *old, int fd, const struct format *format,
		   previous_gone_fn *gone, void *arg)
{
	old->fd = fd;
	old->source = format->source ? format->source : previous_source;
	old->used = old->at = 0;
	old->count = old->removed = 0;
	old->error = 0;
	old->gone = gone;
	old->arg = arg;
	old->has_next = false;
	if (fd >= 0 && format->row)
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
