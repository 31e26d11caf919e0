/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is whole or absent: written beside its name, synced, and renamed
 * over it. Whatever goes wrong, what was there before is still there, whole.
 */
#ifndef NOLIST_LISTFILE_H
#define NOLIST_LISTFILE_H

#include <stdbool.h>
#include <stddef.h>

struct listfile {
	int dir;          /* the directory, open */
	int fd;           /* the new file; -1: none */
	const char *name; /* in that directory; points into the path */
	char temp[64];    /* its name until it is whole */
};

/*
 * All return 0 or -errno and print nothing. Refused: symbolic links and other
 * things that are no regular file (-ELOOP, -ENOTSUP), a directory that anybody
 * can write and whose files anybody can rename, and in one like /tmp a file that
 * is somebody else's (-EPERM). The mode and owner of an existing file are kept.
 */
int listfile_open(struct listfile *f, const char *path);
int listfile_write(void *listfile, const char *bytes, size_t size);
int listfile_commit(struct listfile *f);
void listfile_abort(struct listfile *f); /* safe at any time after listfile_open() */

#endif
