// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command gets its own process group, so that its children can be killed with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/lists/reload.h"
#include "user/lists/reload_user.h"

extern char **environ;

/* cron's PATH lacks the directories of most of these commands. */
static int complete_path(void)
{
	const char *path = getenv("PATH");
	static bool is_complete;
	char *text;
	int error;

	if (is_complete)
		return 0;
	if (asprintf(&text, "%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") < 0)
		return ENOMEM;
	error = setenv("PATH", text, 1) ? errno : 0;
	free(text);
	is_complete = !error;
	return error;
}

/* 0, or an errno as posix_spawn() gives it. */
static int start(char *const argv[], bool is_silent, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int error;

	error = posix_spawn_file_actions_init(&files);
	if (error)
		return error;
	error = posix_spawnattr_init(&attr);
	if (error) {
		posix_spawn_file_actions_destroy(&files);
		return error;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error && is_silent)
		error = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY,
							 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* 1: it has ended; 0: the time is over; or -errno. */
static int wait_for(pid_t pid, unsigned int limit_s)
{
	long long end = now_ms() + limit_s * 1000ll, left;
	struct pollfd p = { .events = POLLIN };
	int ready;

	/* syscall(): glibc before 2.36 has no wrapper. */
	p.fd = syscall(SYS_pidfd_open, pid, 0);
	if (p.fd < 0)
		return -errno;
	do {
		left = end - now_ms();
		ready = poll(&p, 1, left > 0 ? left : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		ready = -errno;
	close(p.fd);
	return ready;
}

/* Waits for its end, and kills it with its children when the time is over. */
static enum reload_end finish(pid_t pid, unsigned int limit_s, int *value)
{
	int status, ended = wait_for(pid, limit_s);

	if (ended <= 0)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			*value = -errno;
			return RELOAD_ERROR;
		}
	if (ended < 0) {
		*value = ended;
		return RELOAD_ERROR;
	}
	if (!ended)
		return RELOAD_TIME;
	*value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	return WIFSIGNALED(status) ? RELOAD_SIGNAL : *value ? RELOAD_STATUS : RELOAD_DONE;
}

enum reload_end reload_run(const struct reload *r, int *value)
{
	struct reload_user as = {};
	pid_t pid;

	*value = -complete_path();
	if (!*value && r->user)
		*value = reload_user(&as, r->user, r->argv);
	if (!*value)
		*value = -start(as.argv ? as.argv : r->argv, r->is_silent, &pid);
	free(as.argv);
	return *value ? RELOAD_ERROR : finish(pid, r->limit_s, value);
}
