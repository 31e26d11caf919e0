// SPDX-License-Identifier: GPL-2.0-only
/*
 * A copy is named after its kind and a hash of the file's path; its first line has the path
 * itself, so that another file with the same hash is not taken for it. The directory is for
 * its owner alone.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/atomic_file.h"
#include "user/base/lines.h"
#include "user/judge/kept.h"

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	return h;
}

int kept_find(struct kept *k, const char *state_dir, const char *kind, const char *file)
{
	int size;

	/* A name with a line end would end the comment. */
	if (strchr(file, '\n') || strlen(file) >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(k->head, sizeof(k->head), "# last good content of %s\n", file);
	size = snprintf(k->path, sizeof(k->path), "%s/" KEPT_DIR "/%s-%016llx", state_dir, kind,
			(unsigned long long)hash(file));
	return size < (int)sizeof(k->path) ? 0 : -ENAMETOOLONG;
}

int kept_read(const struct kept *k, char **text, size_t *size)
{
	int error = lines_read(k->path, LINES_FILE_MAX + sizeof(k->head), text, size);

	if (error || !strncmp(*text, k->head, strlen(k->head)))
		return error;
	free(*text);
	*text = NULL;
	return -ENOENT;
}

static int is_same(const struct kept *k, const char *text, size_t size)
{
	size_t head = strlen(k->head), old_size;
	char *old;
	int same;

	if (kept_read(k, &old, &old_size))
		return 0;
	same = old_size == head + size && !memcmp(old + head, text, size);
	free(old);
	return same;
}

static int make_dir(const struct kept *k)
{
	char dir[PATH_MAX];

	strcpy(dir, k->path);
	*strrchr(dir, '/') = '\0';
	return mkdir(dir, 0700) && errno != EEXIST ? -errno : 0;
}

int kept_write(const struct kept *k, const char *text, size_t size)
{
	struct atomic_file f;
	int error;

	if (is_same(k, text, size))
		return 0;
	error = make_dir(k);
	if (!error)
		error = atomic_file_open(&f, k->path);
	if (error)
		return error;
	error = atomic_file_start(&f, 0600);
	if (!error)
		error = atomic_file_write(&f, k->head, strlen(k->head));
	if (!error)
		error = atomic_file_write(&f, text, size);
	if (!error)
		error = atomic_file_commit(&f, 0, false);
	atomic_file_close(&f);
	return error;
}
