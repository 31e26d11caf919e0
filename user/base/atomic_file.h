/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is complete or absent: written under another name, synced, and renamed over
 * the old one. Whatever goes wrong, the old file is still there and complete.
 */
#ifndef NOLIST_ATOMIC_FILE_H
#define NOLIST_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct atomic_file {
	int dir;          /* the directory, open */
	int old;          /* the old file, open for reading; -1: none */
	struct stat was;  /* of the old file; st_mode is 0: none */
	int fd;           /* the new file; -1: none */
	const char *name; /* in that directory; points into the path */
	char temp[64];    /* the new file's name until it is complete; "": it has none yet */
};

/*
 * All return 0 or -errno and print nothing. Refused: symbolic links and anything else that
 * is no regular file (-ELOOP, -ENOTSUP); a path that goes through another user's symbolic
 * link (-ELOOP); a directory that any user can write and whose files any user can rename,
 * and in one like /tmp another user's file (-EPERM). The new file gets the mode and owner
 * of the old one.
 */
int atomic_file_open(struct atomic_file *f, const char *path);
int atomic_file_start(struct atomic_file *f, mode_t mode); /* the new file; mode: without an old one */
int atomic_file_write(void *atomic_file, const char *bytes, size_t size);
/*
 * time: its time of modification, in seconds since 1970. is_pending: its reader has yet to
 * reload it; the file itself carries this mark until atomic_file_settle(), and then how long
 * after its time that was, both in the fraction of that time.
 */
int atomic_file_commit(struct atomic_file *f, int64_t time, bool is_pending);
void atomic_file_close(struct atomic_file *f); /* safe at any time after atomic_file_open() */

/* Is the old file still marked as pending? */
bool atomic_file_is_pending(const struct atomic_file *f);
/* When its reader has reloaded the old file last, as far as it is known. */
int64_t atomic_file_settled(const struct atomic_file *f);
/* time: of the file; at: its reader reloads it now. */
int atomic_file_settle(const char *path, int64_t time, int64_t at);

#endif
