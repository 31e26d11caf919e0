// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs what may take seconds in a process of its own: the keys answer meanwhile, and the memory
 * that millions of sources take is given back. It has no terminal, and ends with us.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/top/private.h"

static void __attribute__((noreturn)) be_child(int out, pid_t parent, void (*fn)(const void *),
					       const void *arg)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH };
	int null = open("/dev/null", O_RDWR);
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	fn(arg);
	fflush(stdout);
	_exit(0);
}

int top_child_start(struct top_child *c, void (*fn)(const void *arg), const void *arg)
{
	pid_t parent = getpid();
	int fd[2];

	if (!c->bytes)
		c->bytes = malloc(TOP_BYTES);
	if (!c->bytes)
		return -ENOMEM;
	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	c->used = 0;
	c->began_ns = top_now_ns();
	fflush(stdout);
	c->pid = fork();
	if (!c->pid)
		be_child(fd[1], parent, fn, arg);
	close(fd[1]);
	if (c->pid < 0) {
		c->pid = 0;
		close(fd[0]);
		return -EAGAIN;
	}
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	c->fd = fd[0];
	return 0;
}

static void reap(struct top_child *c)
{
	close(c->fd);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	c->took_ns = top_now_ns() - c->began_ns;
}

bool top_child_read(struct top_child *c)
{
	char rest[4096]; /* what is too much is thrown away */
	ssize_t n;

	do {
		bool is_full = c->used == TOP_BYTES;

		n = is_full ? read(c->fd, rest, sizeof(rest)) :
			      read(c->fd, c->bytes + c->used, TOP_BYTES - c->used);
		if (n > 0 && !is_full)
			c->used += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && errno == EAGAIN)
		return false;
	reap(c);
	return true;
}

void top_child_end(struct top_child *c)
{
	if (!c->pid)
		return;
	kill(c->pid, SIGKILL);
	reap(c);
}
