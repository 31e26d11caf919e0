// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forks, drops all, filters. Whatever of that cannot be done ends the process: text of others
 * is never read without it.
 */
#define _GNU_SOURCE /* close_range() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/confined/confined.h"
#include "user/confined/private.h"

/* --- in the process ------------------------------------------------------------- */

static int allow_calls(scmp_filter_ctx filter)
{
	int error = confined_allow_work(filter);

	/* glibc's fstat(): the file of a descriptor, and no other. */
	return error ? error : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
						SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000));
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error = filter ? allow_calls(filter) : -ENOMEM;

	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

/* All but standard error, in and out, which is above it. */
static int close_others(int in, int out)
{
	int fd;

	for (fd = 0; fd < out; fd++)
		if (fd != STDERR_FILENO && fd != in)
			close(fd);
	if (in < out)
		return close_range(out + 1, ~0U, 0) ? -errno : 0;
	if (in > out + 1 && close_range(out + 1, in - 1, 0))
		return -errno;
	return close_range(in + 1, ~0U, 0) ? -errno : 0;
}

/* Without TZ glibc looks at /etc/localtime again each time. */
static void keep_zone(void)
{
	if (!getenv("TZ"))
		setenv("TZ", ":/etc/localtime", 1);
	tzset();
}

static _Noreturn void work(int in, int out, confined_fn *fn, void *arg)
{
	FILE *to = fdopen(out, "w");
	int error = to ? 0 : -ENOMEM;

	signal(SIGPIPE, SIG_DFL);
	keep_zone();
	if (!error)
		error = close_others(in, out);
	if (!error)
		error = confined_drop();
	if (!error)
		error = filter_calls();
	if (!error)
		error = fn(to, arg);
	if (!error && (fflush(to) || ferror(to)))
		error = -EIO;
	_exit(-error);
}

/* --- the one that asks ---------------------------------------------------------- */

/* Standard input, output and error may be closed: a pipe must not take their numbers. */
static int make_pipe(int ends[2])
{
	int i, high;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	for (i = 0; i < 2; i++) {
		if (ends[i] > STDERR_FILENO)
			continue;
		high = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (high < 0)
			return -errno;
		close(ends[i]);
		ends[i] = high;
	}
	return 0;
}

static int start(struct confined *c, int in, confined_fn *fn, void *arg)
{
	int ends[2], error = make_pipe(ends);

	if (error)
		return error;
	fflush(NULL);
	c->pid = fork();
	if (!c->pid)
		work(in, ends[1], fn, arg);
	error = -errno;
	close(ends[1]);
	if (c->pid > 0)
		c->from = fdopen(ends[0], "r");
	if (c->from)
		return 0;
	close(ends[0]);
	if (c->pid < 0) {
		c->pid = 0;
		return error;
	}
	confined_stop(c);
	return -ENOMEM;
}

int confined_start(struct confined *c, int in, confined_fn *fn, void *arg)
{
	int error;

	*c = (struct confined){};
	error = start(c, in, fn, arg);
	return error ? fail(error, "cannot start a process that reads text of others") : 0;
}

int confined_read(struct confined *c, void *value, size_t size)
{
	return fread(value, size, 1, c->from) == 1;
}

static int reap(struct confined *c, int *status)
{
	int error = 0;

	if (c->from)
		fclose(c->from);
	while (waitpid(c->pid, status, 0) < 0 && !error)
		error = errno == EINTR ? 0 : -errno;
	*c = (struct confined){};
	return error;
}

int confined_end(struct confined *c)
{
	int status, error;

	if (!c->pid)
		return 0;
	error = reap(c, &status);
	if (error)
		return fail(error, "cannot wait for the process that reads text of others");
	if (WIFSIGNALED(status))
		return failx(-EPROTO, "the process that reads text of others was killed: %s",
			     strsignal(WTERMSIG(status)));
	error = -WEXITSTATUS(status);
	return error ? fail(error, "text of others cannot be read") : 0;
}

void confined_stop(struct confined *c)
{
	int status;

	if (c->pid)
		reap(c, &status);
}
