// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge's notes; see note.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/atomic_file.h"
#include "user/base/failure.h"
#include "user/share/note.h"

#define FILE_MAX (1u << 20)

static void path_of(const char *state_dir, const char *name, char path[4096])
{
	snprintf(path, 4096, "%s/%s", state_dir, name);
}

int note_read(const char *state_dir, const char *name, lines_fn *fn, void *arg)
{
	struct lines_bad bad;
	char path[4096], *text;
	size_t size;
	int error;

	path_of(state_dir, name, path);
	error = lines_read(path, FILE_MAX, &text, &size);
	if (error)
		return error == -ENOENT ? 0 : fail(error, "cannot read '%s'", path);
	error = lines_each(text, size, fn, arg, &bad);
	free(text);
	return error;
}

static int write_to(struct atomic_file *f, void (*put)(struct writer *, const void *), const void *arg)
{
	struct writer *w = malloc(sizeof(*w));
	int error;

	if (!w)
		return -ENOMEM;
	writer_open(w, atomic_file_write, f);
	put(w, arg);
	error = writer_flush(w);
	free(w);
	return error;
}

int note_write(const char *state_dir, const char *name, int64_t now,
	       void (*put)(struct writer *w, const void *arg), const void *arg)
{
	struct atomic_file f;
	char path[4096];
	int error;

	path_of(state_dir, name, path);
	error = atomic_file_open(&f, path);
	if (error)
		return fail(error, "cannot write '%s'", path);
	error = atomic_file_start(&f, 0600);
	if (!error)
		error = write_to(&f, put, arg);
	if (!error)
		error = atomic_file_commit(&f, now, false);
	atomic_file_close(&f);
	return error ? fail(error, "cannot write '%s'", path) : 0;
}
