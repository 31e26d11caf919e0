/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to one server of a Redis. Commands go out some at a time and their answers are read
 * behind them, so that a value costs no round trip.
 */
#ifndef NOLIST_SHARE_REDIS_CONN_H
#define NOLIST_SHARE_REDIS_CONN_H

#include <hiredis/hiredis.h>

#include "user/share/transport.h"

#define REDIS_WHERE 256

struct redis_conn {
	redisContext *c;
	char where[REDIS_WHERE]; /* for messages */
	unsigned int ahead; /* answers that are still to be read by redis_drain() */
	size_t bytes;       /* and the bytes of their commands */
	struct redis_state {
		char version[32];
		bool is_cluster, is_replica;
		bool is_kept; /* it writes each change to its disk */
		unsigned long long used, max; /* bytes of memory; max 0: no limit */
		unsigned long long saves, up_s;
	} is;
};

/*
 * Connects to HOST[:PORT], with brackets around an IPv6 address, or unix:PATH, logs in, and refuses a
 * server that is too old or forgets. All return 0 or -errno, explained by failure_of();
 * redis_disconnect() is always safe.
 */
int redis_connect(struct redis_conn *r, const char *where, const struct transport_options *o);
void redis_disconnect(struct redis_conn *r);

/* A command without an answer yet. */
int redis_send(struct redis_conn *r, int n, const char **word, const size_t *size);
/* The next answer, which is no error; the caller frees it. */
int redis_next(struct redis_conn *r, redisReply **reply);
/* A command of at most six words, and its answer. */
int redis_do(struct redis_conn *r, int n, const char **word, redisReply **reply);
/* Does it save to its disk? Of one that does not tell its configuration, by what it has saved. */
bool redis_lasts(struct redis_conn *r);
/* Reads the answers that are still to be read; the first error of them. */
int redis_drain(struct redis_conn *r);
/* Words of the server, which may be anything, for a message. */
void redis_clean(const char *from, size_t size, char *to, size_t room);

#endif
