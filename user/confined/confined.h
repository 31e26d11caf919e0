/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads text of others in a process that can do nothing else: it has no capability and no way
 * to one, no descriptor but its input, its output and the log, and no system call but those
 * that reading, writing and memory take. What it has read comes back as values of a fixed
 * size, which the reader still has to check: that process may be somebody else's by then.
 */
#ifndef NOLIST_CONFINED_H
#define NOLIST_CONFINED_H

#include <stdio.h>
#include <sys/types.h>

struct confined {
	FILE *from; /* what it writes */
	pid_t pid;  /* 0: there is none */
};

/*
 * Its work: returns 0 or -errno. All that it needs but memory has to be open and prepared
 * before. The time zone is, so that localtime() and mktime() work.
 */
typedef int confined_fn(FILE *to, void *arg);

/* in: the descriptor that it reads from, or -1. 0 or -errno, explained by failure_of(). */
int confined_start(struct confined *c, int in, confined_fn *fn, void *arg);
/* Reads one value: 1, or 0 at the end. */
int confined_read(struct confined *c, void *value, size_t size);
/*
 * Waits for its end. 0, what fn has returned, or -EPROTO if it was killed, as it is for a
 * forbidden system call; explained by failure_of(). Safe if there is none.
 */
int confined_end(struct confined *c);
/* The same, when not all was read: whatever it returns then. */
void confined_stop(struct confined *c);

#endif
