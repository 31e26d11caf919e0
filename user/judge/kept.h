/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last good content of files that others write, kept in the state directory, below
 * KEPT_DIR: it takes the place of what cannot be used. 0 or -errno; nothing is noted as a
 * failure.
 */
#ifndef NOLIST_KEPT_H
#define NOLIST_KEPT_H

#include <limits.h>
#include <stddef.h>

#define KEPT_DIR "files"

/* kind: the key of the configuration. */
struct kept {
	char path[PATH_MAX]; /* of the copy */
	char head[PATH_MAX + 64]; /* its first line, which names the file */
};

/* -ENAMETOOLONG: the copy would have no place. */
int kept_find(struct kept *k, const char *state_dir, const char *kind, const char *file);
/* The caller frees *text, which begins with the head. -ENOENT: there is no copy. */
int kept_read(const struct kept *k, char **text, size_t *size);
/* Keeps this content; a state directory that is missing is not made: -ENOENT. */
int kept_write(const struct kept *k, const char *text, size_t size);

#endif
