/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small HTTP server, for programs that have no capabilities: the one home of libmicrohttpd.
 * Connections, and what each may take, are bounded.
 */
#ifndef NOLIST_HTTP_H
#define NOLIST_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "user/base/addr.h"

struct http_request {
	const char *path;   /* without the query */
	const char *accept; /* the header, or "" */
	const char *forwarded; /* X-Forwarded-For, or "" */
	const char *address;   /* of the query, or NULL */
	const char *host, *origin, *site; /* Host, Origin, Sec-Fetch-Site, or "" */
	const char *body;      /* of a POST; NULL: it is none */
	struct nolist_addr client; /* all zero at a Unix socket */
	bool is_local;             /* it is a Unix socket */
};

struct http_reply {
	unsigned int status;
	const char *type; /* a constant */
	char *body;       /* from malloc(); freed by the server */
	size_t size;
	bool is_page; /* for a browser: it gets the headers of a page */
};

/*
 * Called for GET and HEAD, and for POST where that is taken, by several threads; 503 with no body if
 * it does not set a reply.
 */
typedef void http_fn(const struct http_request *q, struct http_reply *r, void *arg);

struct http;

#define HTTP_CONNECTIONS 128 /* at once; others are refused */
#define HTTP_IDLE_S 5        /* a connection on which nothing moves so long is closed */
#define HTTP_REQUEST_S 20    /* and one whose request takes so long, if others come */
#define HTTP_THREADS 2
#define HTTP_BODY 512 /* bytes of a POST, at most */

struct http_server {
	http_fn *fn;
	const char *post; /* the one path that takes a POST, of a short body; NULL: none */
	int per_network;  /* connections of a /24 or /48 at once; 0: no limit of their own */
	/* Of whom that does not hold, besides Unix sockets; NULL: nobody. */
	bool (*is_exempt)(const struct nolist_addr *addr, void *arg);
};

/* Takes fd over; arg is for the functions. 0 or -errno. */
int http_start(struct http **hp, int fd, const struct http_server *does, void *arg);
void http_stop(struct http *h);

#endif
