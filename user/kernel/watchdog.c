// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog of a probation; see watchdog.h. It has a session of its own and no
 * terminal, and ignores a hangup. On a signal to terminate it ends the probation first,
 * so losing it is never worse than the time being up.
 */
#define _GNU_SOURCE /* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/kern.h"
#include "user/kernel/watchdog.h"

enum { LIFELINE = 3 };

/* Waits until the clock of the tables is past until_ns, or for one of the signals. */
static void wait_until(unsigned long long until_ns, const sigset_t *ends)
{
	for (;;) {
		unsigned long long now = kern_now_ns(), left;
		struct timespec t;

		if (now > until_ns)
			return;
		left = until_ns - now + 1;
		t = (struct timespec){ left / 1000000000, left % 1000000000 };
		if (sigtimedwait(ends, NULL, &t) >= 0)
			return;
	}
}

static void watch(const char *pin_dir)
{
	unsigned long long until_ns;
	sigset_t ends;
	char byte;
	int ret;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, WATCHDOG_NAME);
	/* The load has ended, or was killed, when the other end is closed. */
	while (read(LIFELINE, &byte, 1) < 0 && errno == EINTR)
		;
	close(LIFELINE);
	if (kern_probation(pin_dir, &until_ns))
		return; /* it failed, and left nothing */
	wait_until(until_ns, &ends);
	openlog("nolist-xdp", LOG_PID, LOG_DAEMON);
	ret = kern_end_probation(pin_dir, until_ns);
	if (!ret)
		syslog(LOG_WARNING, "load was not confirmed in time: detached");
	else if (ret != -ENOENT)
		syslog(LOG_ERR, "load was not confirmed in time: %s", failure_last()->what);
}

/* Leaves everything of the session: its terminal, its directory, its descriptors. */
static int daemonize(int lifeline)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return -errno;
	if (lifeline != LIFELINE && dup2(lifeline, LIFELINE) < 0)
		return -errno;
	syscall(SYS_close_range, LIFELINE + 1, ~0u, 0);
	return chdir("/") ? -errno : 0;
}

int watchdog_start(const char *pin_dir)
{
	int pipe_fd[2], status;
	pid_t child;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		status = -errno;
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		return status;
	}
	if (!child) {
		close(pipe_fd[1]);
		if (setsid() < 0)
			_exit(errno);
		child = fork();
		if (child)
			_exit(child < 0 ? errno : 0);
		if (!daemonize(pipe_fd[0]))
			watch(pin_dir);
		_exit(0);
	}
	close(pipe_fd[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return pipe_fd[1];
	close(pipe_fd[1]);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}
