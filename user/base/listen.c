// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the socket of a server, or one to it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/addr.h"
#include "user/base/failure.h"
#include "user/base/listen.h"

static int bad_address(const char *where)
{
	fail_usage("'%s' is not an address and a port, nor a path", where);
	return fail_hint("such as 127.0.0.1:9825, [::1]:9825 or /run/nolist-xdp.sock");
}

static int bind_and_listen(int family, const struct sockaddr *sa, socklen_t size, const char *where,
			   int *fd)
{
	int one = 1, error;

	*fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return fail(-errno, "cannot listen at '%s'", where);
	if (family != AF_UNIX)
		setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(*fd, sa, size) && !listen(*fd, 128))
		return 0;
	error = -errno;
	close(*fd);
	return fail(error, "cannot listen at '%s'", where);
}

/* A socket of a server that has ended is in the way. */
static void remove_dead(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (!lstat(sa->sun_path, &st) && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) && errno == ECONNREFUSED)
		unlink(sa->sun_path);
	close(fd);
}

static int listen_unix(const char *path, int *fd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int error;

	if (strlen(path) >= sizeof(sa.sun_path))
		return fail(-ENAMETOOLONG, "cannot listen at '%s'", path);
	strcpy(sa.sun_path, path);
	remove_dead(&sa);
	error = bind_and_listen(AF_UNIX, (const struct sockaddr *)&sa, sizeof(sa), path, fd);
	if (!error)
		chmod(path, 0666);
	return error;
}

static bool is_loopback(const struct nolist_addr *a)
{
	struct prefix four = { .addr = addr_of_ip4(htonl(0x7f000000)), .len = 96 + 8 };
	struct nolist_addr one;

	addr_parse("::1", &one);
	return prefix_has(&four, a) || !addr_compare(a, &one);
}

/* Splits ADDR:PORT. */
static int parse(const char *where, struct nolist_addr *addr, int *port)
{
	const char *colon = strrchr(where, ':');
	char text[ADDR_TEXT];
	size_t size = colon ? colon - where : 0, digits;

	if (!size || size >= sizeof(text))
		return -EINVAL;
	memcpy(text, where, size);
	text[size] = '\0';
	if (*text == '[' && text[size - 1] == ']') {
		text[size - 1] = '\0';
		memmove(text, text + 1, size - 1);
	} else if (strchr(text, ':')) {
		return -EINVAL;
	}
	digits = strspn(colon + 1, "0123456789");
	*port = strtol(colon + 1, NULL, 10);
	return addr_parse(text, addr) || !digits || digits > 5 || colon[1 + digits] || !*port ||
			       *port > 65535 ? -EINVAL : 0;
}

/* As the kernel takes it; its size. */
static socklen_t put_address(const struct nolist_addr *addr, int port, struct sockaddr_storage *sa)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)sa;
	struct sockaddr_in *four = (struct sockaddr_in *)sa;

	*sa = (struct sockaddr_storage){};
	if (addr_is_ip4(addr)) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, (const char *)addr + 12, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, addr, 16);
	return sizeof(*six);
}

int listen_at(const char *where, bool is_public, int *fd)
{
	struct sockaddr_storage sa;
	struct nolist_addr addr;
	socklen_t size;
	int port;

	if (*where == '/')
		return listen_unix(where, fd);
	if (parse(where, &addr, &port))
		return bad_address(where);
	if (!is_public && !is_loopback(&addr)) {
		fail_usage("'%s' is no address that only this host can reach", where);
		return fail_hint("for others put a reverse proxy before it, with TLS and a password");
	}
	size = put_address(&addr, port, &sa);
	return bind_and_listen(sa.ss_family, (const struct sockaddr *)&sa, size, where, fd);
}

int connect_to(const char *where, unsigned int limit_s, int *fd)
{
	const struct timeval limit = { .tv_sec = limit_s };
	struct sockaddr_storage sa = { .ss_family = AF_UNIX };
	struct sockaddr_un *local = (struct sockaddr_un *)&sa;
	struct nolist_addr addr;
	socklen_t size = sizeof(*local);
	int port, error;

	if (*where == '/' && strlen(where) < sizeof(local->sun_path))
		strcpy(local->sun_path, where);
	else if (!parse(where, &addr, &port))
		size = put_address(&addr, port, &sa);
	else
		return bad_address(where);
	*fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(*fd, (const struct sockaddr *)&sa, size))
		return 0;
	error = -errno;
	close(*fd);
	*fd = -1;
	return error;
}
