/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a program of its own that talks to strangers all its life, and so cannot leave that to a
 * process as confined.h has it.
 */
#ifndef NOLIST_PROGRAM_H
#define NOLIST_PROGRAM_H

enum program_files {
	PROGRAM_READS, /* opens files to read them only */
	PROGRAM_NOTES, /* also writes files and makes directories, where its user may */
};

/*
 * From now on this process has no capability and no way to one, runs no other program and starts
 * no process, and reaches nothing of the kernel but such files, sockets and threads: any other
 * system call fails with EPERM. To be called before its first thread. 0 or -errno, explained by
 * failure_of().
 */
int program_confine(enum program_files files);

#endif
