// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts the program that reads the file, and asks it. It may have become somebody else's by what it
 * has read: whatever it says is checked, and it has a limited time.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/program_path.h"
#include "user/origin/protocol.h"

#define LIMIT_S 60
#define NETWORKS_MAX (8u << 20)

struct origin_file {
	const char *file;
	int fd; /* -1: none */
	pid_t pid;
	int64_t made;
};

extern char **environ;

/* --- bytes ------------------------------------------------------------------------------------ */

static int gone(const struct origin_file *f)
{
	return failx(-EPROTO, "the program that reads '%s' has ended", f->file);
}

static int tell(struct origin_file *f, const void *bytes, size_t size)
{
	const char *at = bytes;
	ssize_t n;

	for (; size; at += n, size -= n) {
		n = send(f->fd, at, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return gone(f);
		else if (n < 0)
			return fail(-errno, "cannot ask the program that reads '%s'", f->file);
	}
	return 0;
}

static int hear(struct origin_file *f, void *bytes, size_t size)
{
	char *at = bytes;
	ssize_t n;

	for (; size; at += n, size -= n) {
		n = recv(f->fd, at, size, 0);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (!n || (n < 0 && errno == ECONNRESET))
			return gone(f);
		else if (n < 0)
			return fail(errno == EAGAIN ? -ETIMEDOUT : -errno, "no answer from the program that "
									   "reads '%s'",
				    f->file);
	}
	return 0;
}

/* --- start and end ---------------------------------------------------------------------------- */

static int spawn(struct origin_file *f, int end)
{
	char path[PROGRAM_PATH], *argv[] = { "nolist-xdp-locate", (char *)f->file, NULL };
	posix_spawn_file_actions_t actions;
	int error = program_path("locate", path);

	if (error)
		return error;
	error = -posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = -posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
	if (!error)
		error = -posix_spawn(&f->pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int start(struct origin_file *f)
{
	const struct timeval limit = { .tv_sec = LIMIT_S };
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	f->fd = ends[0];
	setsockopt(f->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(f->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	error = spawn(f, ends[1]);
	close(ends[1]);
	return error;
}

static int greet(struct origin_file *f)
{
	struct origin_hello hello;
	int error = hear(f, &hello, sizeof(hello));

	if (error)
		return error;
	f->made = hello.made;
	if (hello.error == -EINVAL && hello.line)
		return failx(-EINVAL, "'%s' line %u: neither NETWORK,AS,COUNTRY nor FIRST,LAST,COUNTRY", f->file,
			     hello.line);
	if (hello.error == -EINVAL)
		return failx(-EINVAL, "'%s' is not a complete database of libloc", f->file);
	return hello.error ? fail(hello.error < 0 ? hello.error : -EPROTO, "cannot read '%s'", f->file) : 0;
}

int origin_open(struct origin_file **fp, const char *file)
{
	struct origin_file *f = malloc(sizeof(*f));
	int error;

	*fp = f;
	if (!f)
		return fail(-ENOMEM, "cannot read '%s'", file);
	*f = (struct origin_file){ .file = file, .fd = -1 };
	error = start(f);
	return error ? fail(error, "cannot start the program that reads '%s'", file) : greet(f);
}

void origin_close(struct origin_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(f);
}

int64_t origin_made(const struct origin_file *f)
{
	return f->made;
}

/* --- questions -------------------------------------------------------------------------------- */

/* Whatever made it. */
static void clean(struct origin *o)
{
	struct origin was = *o;

	was.country[2] = '\0';
	origin_set_country(o->country, was.country);
	origin_set_owner(o->owner, was.owner, sizeof(was.owner));
	if (!prefix_is_right(&o->network))
		o->network = (struct prefix){};
}

static int find_some(struct origin_file *f, const struct nolist_source *src, size_t n, struct origin *o)
{
	const struct origin_request r = { ORIGIN_FIND, n };
	size_t i;
	int error = tell(f, &r, sizeof(r));

	if (!error)
		error = tell(f, src, n * sizeof(*src));
	if (!error)
		error = hear(f, o, n * sizeof(*o));
	for (i = 0; i < n && !error; i++)
		clean(&o[i]);
	return error;
}

int origin_find(struct origin_file *f, const struct nolist_source *src, size_t n, struct origin *o)
{
	size_t i, some;
	int error = 0;

	for (i = 0; i < n && !error; i += some) {
		some = n - i < ORIGIN_SOURCES ? n - i : ORIGIN_SOURCES;
		error = find_some(f, src + i, some, o + i);
	}
	return error;
}

int origin_networks(struct origin_file *f, const struct origin_key *key, size_t n, origin_network_fn *fn,
		    void *arg)
{
	const struct origin_request r = { ORIGIN_NETWORKS, n };
	struct prefix network;
	size_t i;
	int error;

	if (n > ORIGIN_KEYS)
		return failx(-E2BIG, "more than %d autonomous systems and countries", ORIGIN_KEYS);
	error = tell(f, &r, sizeof(r));
	if (!error)
		error = tell(f, key, n * sizeof(*key));
	for (i = 0; !error && i <= NETWORKS_MAX; i++) {
		error = hear(f, &network, sizeof(network));
		if (!error && network.len == ORIGIN_END)
			return 0;
		if (!error && !prefix_is_right(&network))
			error = failx(-EPROTO, "the program that reads '%s' has answered with something "
					       "that is no network", f->file);
		if (!error)
			error = fn(&network, arg);
	}
	return error ? error : failx(-E2BIG, "'%s' has more than %u such networks", f->file, NETWORKS_MAX);
}
