/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reload commands in a process of their own, so that the one that judges needs no right that
 * a reader does. It is asked over a socket, for a list by the name of its file; which command
 * that is it reads in the configuration itself. A line there, a line back:
 *
 *	reload FILE             -> done | status N | signal N | time | error ERRNO
 *	lost FILE FIRST4 FIRST6 -> lost | there
 *
 * FIRST4 and FIRST6 are the list's first sources, "-" for none.
 */
#ifndef NOLIST_RELOAD_BY_H
#define NOLIST_RELOAD_BY_H

#include "user/lists/reader.h"

/* The side that judges: as reload_run() and reader_has_lost(). */
enum reload_end reload_by(const char *socket, const char *file, unsigned int limit_s, int *value);
bool reload_by_has_lost(const char *socket, const char *file, const struct reader *r);

#define RELOAD_REQUEST 4352 /* bytes, with the zero at its end */
#define RELOAD_ANSWER 32

/*
 * The other side: does what a request asks for, and writes the answer. -EINVAL: it is none, or
 * the configuration has no such list, or none with a command.
 */
int reload_answer(const struct conf *conf, char *request, char answer[RELOAD_ANSWER]);

#endif
