// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serves GET and HEAD, and POST at one path. A reply is made whole before its first byte goes out, so
 * a slow client costs its own memory and a place among the connections, for a while (slots.c).
 */
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/http/http.h"
#include "user/http/slots.h"

#define MEMORY 16384 /* bytes for what a client sends, of each connection */

struct http {
	struct MHD_Daemon *daemon;
	struct slots *slots;
	struct http_server does;
	void *arg;
};

/* The body of a POST, as far as it has come. */
struct body {
	size_t size;
	bool is_too_long;
	char bytes[HTTP_BODY + 1];
};

/* Of a request without one. */
static struct body none;

static const char *header(struct MHD_Connection *c, const char *name)
{
	const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);

	return value ? value : "";
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* All zero at a Unix socket. */
static struct nolist_addr addr_of(const struct sockaddr *sa)
{
	struct nolist_addr addr = {};

	if (sa->sa_family == AF_INET)
		addr = addr_of_ip4(((const struct sockaddr_in *)sa)->sin_addr.s_addr);
	else if (sa->sa_family == AF_INET6)
		memcpy(&addr, &((const struct sockaddr_in6 *)sa)->sin6_addr, sizeof(addr));
	return addr;
}

static bool is_local(const struct sockaddr *sa)
{
	return sa->sa_family != AF_INET && sa->sa_family != AF_INET6;
}

static bool is_exempt(const struct http *h, const struct sockaddr *sa)
{
	struct nolist_addr addr = addr_of(sa);

	return is_local(sa) || (h->does.is_exempt && h->does.is_exempt(&addr, h->arg));
}

static struct http_request request_of(struct MHD_Connection *c, const char *url)
{
	const struct sockaddr *sa =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
	struct http_request q = {
		.path = url,
		.accept = header(c, MHD_HTTP_HEADER_ACCEPT),
		.forwarded = header(c, "X-Forwarded-For"),
		.address = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "address"),
		.host = header(c, MHD_HTTP_HEADER_HOST),
		.origin = header(c, "Origin"),
		.site = header(c, "Sec-Fetch-Site"),
		.client = addr_of(sa),
		.is_local = is_local(sa),
	};

	return q;
}

static void add_page_headers(struct MHD_Response *m)
{
	MHD_add_response_header(m, "Content-Security-Policy",
				"default-src 'none'; style-src 'self'; form-action 'self'; "
				"base-uri 'none'; frame-ancestors 'none'");
	MHD_add_response_header(m, "Referrer-Policy", "same-origin");
	MHD_add_response_header(m, "X-Robots-Tag", "noindex");
}

static enum MHD_Result send_reply(struct MHD_Connection *c, const struct http_reply *r)
{
	struct MHD_Response *m =
		MHD_create_response_from_buffer(r->size, r->body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result ret = MHD_NO;

	if (!m) {
		free(r->body);
		return MHD_NO;
	}
	if (r->type)
		MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	if (r->is_page)
		add_page_headers(m);
	MHD_add_response_header(m, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
	if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(m, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(c, r->status, m);
	MHD_destroy_response(m);
	return ret;
}

/* NULL: it is not served. */
static struct body *body_for(const struct http *h, const char *url, const char *method)
{
	if (!strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD))
		return &none;
	if (!h->does.post || strcmp(method, MHD_HTTP_METHOD_POST) || strcmp(url, h->does.post))
		return NULL;
	return calloc(1, sizeof(struct body));
}

/* The body of a GET is of no use. */
static void take(struct body *b, const char *data, size_t size)
{
	if (b == &none)
		return;
	b->is_too_long |= size > HTTP_BODY - b->size;
	if (b->is_too_long)
		return;
	memcpy(b->bytes + b->size, data, size);
	b->size += size;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **state)
{
	struct http_reply r = { .status = MHD_HTTP_SERVICE_UNAVAILABLE };
	struct body *b = *state;
	struct http_request q;
	struct http *h = arg;

	(void)version;
	/* The first call is before the body. */
	if (!b) {
		*state = body_for(h, url, method);
		if (*state)
			return MHD_YES;
		r.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		return send_reply(c, &r);
	}
	if (*size) {
		take(b, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (b->is_too_long) {
		r.status = MHD_HTTP_CONTENT_TOO_LARGE;
		return send_reply(c, &r);
	}
	q = request_of(c, url);
	q.body = b == &none ? NULL : b->bytes;
	h->does.fn(&q, &r, h->arg);
	return send_reply(c, &r);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
			 enum MHD_RequestTerminationCode why)
{
	struct http *h = arg;

	(void)why;
	slots_done(h->slots, MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context,
		   now_ms());
	if (*state != &none)
		free(*state);
	*state = NULL;
}

/* --- connections -------------------------------------------------------------------- */

static enum MHD_Result on_client(void *arg, const struct sockaddr *sa, socklen_t size)
{
	struct nolist_addr addr = addr_of(sa);
	struct http *h = arg;

	(void)size;
	return slots_admit(h->slots, &addr, is_exempt(h, sa), now_ms()) ? MHD_YES : MHD_NO;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	const struct sockaddr *sa = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
	struct nolist_addr addr = addr_of(sa);
	struct http *h = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		slots_leave(h->slots, *context);
	else
		*context = slots_take(h->slots,
				      MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
				      &addr, is_exempt(h, sa), now_ms());
}

/* --- the server --------------------------------------------------------------------- */

static void release(struct http *h)
{
	slots_free(h->slots);
	free(h);
}

int http_start(struct http **hp, int fd, const struct http_server *does, void *arg)
{
	struct http *h = calloc(1, sizeof(*h));

	*hp = NULL;
	if (h)
		h->slots = slots_new(does->per_network);
	if (!h || !h->slots) {
		free(h);
		close(fd);
		return fail(-ENOMEM, "cannot serve");
	}
	h->does = *does;
	h->arg = arg;
	/* Each of its threads has its share of connections; what is over the limit slots.c refuses. */
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, on_client, h, on_request, h,
				     MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
				     MHD_OPTION_CONNECTION_LIMIT, HTTP_THREADS * 2 * HTTP_CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
				     MHD_OPTION_THREAD_POOL_SIZE, HTTP_THREADS, MHD_OPTION_END);
	if (!h->daemon) {
		release(h);
		close(fd);
		return fail(-EIO, "cannot serve");
	}
	*hp = h;
	return 0;
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	release(h);
}
