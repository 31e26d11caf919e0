/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks a process behind a UNIX socket to do something: one line there, one line back.
 */
#ifndef NOLIST_SOCKET_CALL_H
#define NOLIST_SOCKET_CALL_H

#include <stddef.h>

/*
 * Sends request, which ends with a line feed, and waits for the answer: at most limit_s
 * seconds, 0: for ever. reply: its first line, without the line feed. 0 or -errno;
 * -ECONNRESET: the other side ended without an answer, -ETIMEDOUT: the time is over.
 */
int socket_call(const char *path, const char *request, unsigned int limit_s, char *reply, size_t size);

#endif
