// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a test in another network namespace: in a process of its own, since libraries and
 * threads of this one stay where they are.
 */
#define _GNU_SOURCE /* setns() */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/probe/probe.h"

int probe_share(struct probe **probes, int n)
{
	size_t size = (n + 1) * sizeof(**probes);
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -errno;
	memcpy(shared, *probes, n * sizeof(**probes));
	free(*probes);
	*probes = shared;
	return 0;
}

static int open_netns(const char *netns)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s%s", strchr(netns, '/') ? "" : "/run/netns/", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* In the child: its exit status is the error. */
static int run_there(int fd, void (*fn)(struct probe_run *run), struct probe_run *run)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setns(fd, CLONE_NEWNET))
		return errno;
	fn(run);
	return 0;
}

int probe_in_netns(const char *netns, void (*fn)(struct probe_run *run), struct probe_run *run)
{
	int fd = open_netns(netns), status, error;
	pid_t pid;

	if (fd < 0)
		return fail(fd, "cannot open the network namespace '%s'", netns);
	pid = fork();
	if (!pid)
		_exit(run_there(fd, fn, run));
	error = errno;
	close(fd);
	if (pid < 0)
		return fail(-error, "cannot start a process");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status))
		return failx(-ECHILD, "the process in the network namespace '%s' has died", netns);
	error = WEXITSTATUS(status);
	return error ? fail(-error, "cannot enter the network namespace '%s'", netns) : 0;
}
