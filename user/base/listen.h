/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The socket of a server, as an administrator names it.
 */
#ifndef NOLIST_LISTEN_H
#define NOLIST_LISTEN_H

#include <stdbool.h>

/*
 * Listens at ADDR:PORT or [ADDR]:PORT, which must be loopback unless it is public, or at a path:
 * a Unix socket, which everybody may connect to. 0 or -errno, explained by failure_of().
 */
int listen_at(const char *where, bool is_public, int *fd);
/*
 * Connects to such a place; that, and each later send and receive, takes so many seconds at most. 0 or
 * -errno; -EINVAL: it is no place, which failure_of() explains.
 */
int connect_to(const char *where, unsigned int limit_s, int *fd);

#endif
