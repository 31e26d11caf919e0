// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer is read to its line feed: a process that ends half way has not answered.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/socket_call.h"

static int open_to(const char *path, unsigned int limit_s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = limit_s };
	int fd, error;

	if (snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >= (int)sizeof(to.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int send_all(int fd, const char *text)
{
	size_t size = strlen(text);
	ssize_t n;

	for (; size; text += n, size -= n) {
		n = send(fd, text, size, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

static int read_line(int fd, char *reply, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size) {
		n = recv(fd, reply + used, 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!n)
			return -ECONNRESET;
		if (reply[used] == '\n') {
			reply[used] = '\0';
			return 0;
		}
		used++;
	}
	return -EMSGSIZE;
}

int socket_call(const char *path, const char *request, unsigned int limit_s, char *reply, size_t size)
{
	int fd = open_to(path, limit_s), error;

	if (fd < 0)
		return fd;
	error = send_all(fd, request);
	if (!error)
		error = read_line(fd, reply, size);
	close(fd);
	return error;
}
