/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is whole or absent: written beside its name, synced, and renamed
 * over it. Whatever goes wrong, what was there before is still there, whole.
 */
#ifndef NOLIST_ATOMIC_FILE_H
#define NOLIST_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct listfile {
	int dir;          /* the directory, open */
	int old;          /* what is there now, open to be read; -1: nothing */
	struct stat was;  /* of it; st_mode is 0: nothing */
	int fd;           /* the new file; -1: none */
	const char *name; /* in that directory; points into the path */
	char temp[64];    /* its name until it is whole; "": it has none yet */
};

/*
 * All return 0 or -errno and print nothing. Refused: symbolic links and other
 * things that are no regular file (-ELOOP, -ENOTSUP); a path that goes through
 * somebody else's symbolic link (-ELOOP); a directory that anybody can write and
 * whose files anybody can rename, and in one like /tmp a file that is somebody
 * else's (-EPERM). The mode and owner of an existing file are kept.
 */
int listfile_open(struct listfile *f, const char *path);
int listfile_start(struct listfile *f); /* the new file */
int listfile_write(void *listfile, const char *bytes, size_t size);
/*
 * time: what its time of modification shall be, in seconds since 1970. is_pending:
 * somebody has yet to take it, which the file itself says until listfile_settle().
 */
int listfile_commit(struct listfile *f, int64_t time, bool is_pending);
void listfile_close(struct listfile *f); /* safe at any time after listfile_open() */

/* Is the old file one that was not settled? */
bool listfile_is_pending(const struct listfile *f);
int listfile_settle(const char *path, int64_t time);

#endif
