// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fetches the text of each scrape afresh. What comes is passed on as it is, up to a limit; how long
 * it may take is limited, too.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/metrics_socket.h"
#include "user/exporter/exporter.h"

#define BYTES_MAX (4 << 20)
#define WAIT_S 3

static const char plain[] = "text/plain; charset=utf-8";

static int connect_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (!connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	close(fd);
	return -errno;
}

static int read_all(int fd, struct http_reply *r)
{
	size_t capacity = 0;
	char *grown;
	ssize_t n;

	do {
		if (r->size == capacity) {
			capacity = capacity ? 2 * capacity : 1 << 16;
			grown = capacity > BYTES_MAX ? NULL : realloc(r->body, capacity);
			if (!grown)
				return -ENOMEM;
			r->body = grown;
		}
		n = read(fd, r->body + r->size, capacity - r->size);
		if (n > 0)
			r->size += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	/* Nothing at all: it could not. */
	return n < 0 || !r->size ? -EIO : 0;
}

static int fetch(const char *path, bool is_open, struct http_reply *r)
{
	char format = is_open ? METRICS_SOCKET_OPENMETRICS : METRICS_SOCKET_TEXT;
	int fd = connect_to(path), error = 0;

	if (fd < 0)
		return fd;
	if (write(fd, &format, 1) != 1)
		error = -EIO;
	else
		error = read_all(fd, r);
	close(fd);
	return error;
}

static void say(struct http_reply *r, unsigned int status, const char *text)
{
	free(r->body);
	r->status = status;
	r->type = plain;
	r->body = strdup(text);
	r->size = r->body ? strlen(text) : 0;
}

void exporter_answer(const struct http_request *q, struct http_reply *r, void *arg)
{
	bool is_open = strstr(q->accept, "application/openmetrics-text");

	if (strcmp(q->path, "/metrics")) {
		say(r, 404, "/metrics is here\n");
	} else if (fetch(arg, is_open, r)) {
		say(r, 503, "no answer from 'nolist-xdp run'\n");
	} else {
		r->status = 200;
		r->type = is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
				    "text/plain; version=0.0.4; charset=utf-8";
	}
}
