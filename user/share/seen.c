// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge's note of which push of each node it has judged by last: an older one is a replay.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/atomic_file.h"
#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/base/writer.h"
#include "user/share/nodes.h"

#define FILE_NAME "share.seen"
#define FILE_MAX (1u << 20)

static int take_line(char *line, unsigned int number, void *arg)
{
	struct nodes *nodes = arg;
	char *blank = strchr(line, ' ');
	size_t i;

	(void)number;
	if (!blank)
		return -EINVAL;
	*blank = '\0';
	for (i = 0; i < nodes->n; i++)
		if (!strcmp(nodes->node[i].name, line))
			nodes->node[i].seen = strtoll(blank + 1, NULL, 10);
	return 0;
}

static void path_of(const char *state_dir, char path[4096])
{
	snprintf(path, 4096, "%s/" FILE_NAME, state_dir);
}

int nodes_seen_read(struct nodes *nodes, const char *state_dir)
{
	struct lines_bad bad;
	char path[4096], *text;
	size_t size;
	int error;

	path_of(state_dir, path);
	error = lines_read(path, FILE_MAX, &text, &size);
	if (error)
		return error == -ENOENT ? 0 : fail(error, "cannot read '%s'", path);
	error = lines_each(text, size, take_line, nodes, &bad);
	free(text);
	return error;
}

static int write_lines(const struct nodes *nodes, struct atomic_file *f)
{
	struct writer *o = malloc(sizeof(*o));
	size_t i;
	int error;

	if (!o)
		return -ENOMEM;
	writer_open(o, atomic_file_write, f);
	for (i = 0; i < nodes->n; i++) {
		put_text(o, nodes->node[i].name);
		put_char(o, ' ');
		put_number(o, nodes->node[i].seen);
		put_char(o, '\n');
	}
	error = writer_flush(o);
	free(o);
	return error;
}

int nodes_seen_write(const struct nodes *nodes, const char *state_dir, int64_t now)
{
	struct atomic_file f;
	char path[4096];
	int error;

	path_of(state_dir, path);
	error = atomic_file_open(&f, path);
	if (error)
		return fail(error, "cannot write '%s'", path);
	error = atomic_file_start(&f, 0600);
	if (!error)
		error = write_lines(nodes, &f);
	if (!error)
		error = atomic_file_commit(&f, now, false);
	atomic_file_close(&f);
	return error ? fail(error, "cannot write '%s'", path) : 0;
}
