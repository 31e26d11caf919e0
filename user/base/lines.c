// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads files of lines. Whoever can write such a file cannot make us hold more than a
 * limit, nor read for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/lines.h"

#define FIRST_BYTES 65536

/* Makes sure that there is a byte more than used. */
static int grow(char **text, size_t used, size_t *capacity)
{
	size_t wanted = *capacity ? *capacity * 2 : FIRST_BYTES;
	char *grown;

	if (used + 1 < *capacity)
		return 0;
	grown = realloc(*text, wanted);
	if (!grown)
		return -ENOMEM;
	*text = grown;
	*capacity = wanted;
	return 0;
}

static int read_all(int fd, size_t max, char **text, size_t *size)
{
	size_t capacity = 0;
	ssize_t n;
	int error;

	for (*size = 0;; *size += n) {
		if (*size > max)
			return -EFBIG;
		error = grow(text, *size, &capacity);
		if (error)
			return error;
		n = read(fd, *text + *size, capacity - *size - 1);
		if (!n)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
}

int lines_read(const char *file, size_t max, char **text, size_t *size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;

	*text = NULL;
	if (fd < 0)
		return -errno;
	error = read_all(fd, max, text, size);
	close(fd);
	if (!error) {
		(*text)[*size] = '\0';
		return 0;
	}
	free(*text);
	*text = NULL;
	return error;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || (c >= '\v' && c <= '\r');
}

/* The line without comment and blanks; NULL: it is too long, or has a zero byte. */
static char *clean(char copy[LINES_LINE_MAX + 1], const char *line, size_t size)
{
	const char *comment;

	if (size > LINES_LINE_MAX || memchr(line, '\0', size))
		return NULL;
	comment = memchr(line, '#', size);
	if (comment)
		size = comment - line;
	for (; size && is_blank(*line); line++)
		size--;
	while (size && is_blank(line[size - 1]))
		size--;
	memcpy(copy, line, size);
	copy[size] = '\0';
	return copy;
}

int lines_each(const char *text, size_t size, lines_fn *fn, void *arg, struct lines_bad *bad)
{
	char copy[LINES_LINE_MAX + 1], *line;
	const char *end;
	unsigned int number;
	int error;

	*bad = (struct lines_bad){};
	for (number = 1; size; number++) {
		end = memchr(text, '\n', size);
		line = clean(copy, text, end ? (size_t)(end - text) : size);
		error = !line ? -EINVAL : *line ? fn(line, number, arg) : 0;
		if (error && error != -EINVAL)
			return error;
		if (error && !bad->count++)
			bad->first = number;
		if (!end)
			break;
		size -= end + 1 - text;
		text = end + 1;
	}
	return 0;
}
