// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forks and calls a function. No program is executed, so that a new version on the disk
 * does not mix with the running one. The child does not touch the parent's event loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/service/job.h"
#include "user/base/log.h"

void job_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/* Commands print for scripts, which do not read here: discard it, unless verbose. */
static void set_output(void)
{
	int fd = log_is_verbose() ? STDERR_FILENO : open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		dup2(fd, STDOUT_FILENO);
}

static bool is_kept(enum job_keeps keeps, int cap)
{
	switch (keeps) {
	case JOB_KEEPS_ALL:
		return true;
	case JOB_KEEPS_LISTS:
		return cap != CAP_SYS_ADMIN && cap != CAP_PERFMON;
	case JOB_KEEPS_BPF:
		return cap == CAP_BPF;
	case JOB_KEEPS_NONE:
		break;
	}
	return false;
}

/*
 * Finding tables by their pins needs no CAP_SYS_ADMIN. With no-new-privileges, as in the
 * systemd unit, commands that reload a list do not get it back either. If a capability
 * cannot be dropped the job runs with it, as it would have before.
 */
static void drop_caps(enum job_keeps keeps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	int cap;

	if (syscall(SYS_capget, &head, data))
		return;
	for (cap = 0; cap < 32 * _LINUX_CAPABILITY_U32S_3; cap++) {
		struct __user_cap_data_struct *d = &data[CAP_TO_INDEX(cap)];

		if (is_kept(keeps, cap))
			continue;
		d->effective &= ~CAP_TO_MASK(cap);
		d->permitted &= ~CAP_TO_MASK(cap);
		d->inheritable &= ~CAP_TO_MASK(cap);
	}
	syscall(SYS_capset, &head, data);
}

/* "pkill -HUP nolist-xdp" means the parent, and must not end a load half way. */
static void on_hangup(int signal)
{
	(void)signal;
}

static _Noreturn void work(const struct job *job, pid_t parent)
{
	/* Unlike SIG_IGN a handler does not outlive exec(): reload commands do not inherit it. */
	struct sigaction hangup = { .sa_handler = on_hangup, .sa_flags = SA_RESTART };
	sigset_t set;
	int status;

	sigaction(SIGHUP, &hangup, NULL);
	/* Its own process group: Ctrl-C at a terminal is for the parent, which waits for us. */
	setpgid(0, 0);
	if (!job->is_whole) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	job_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* These are for the parent only; reload commands must not inherit them either. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	set_output();
	if (job->keeps != JOB_KEEPS_ALL)
		drop_caps(job->keeps);
	log_command(job->name);
	status = job->fn(job->file);
	fflush(stdout);
	_exit(status);
}

static int on_gone(sd_event_source *source, const siginfo_t *info, void *arg)
{
	struct job *job = arg;
	bool is_killed = info->si_code != CLD_EXITED;

	(void)source;
	job->child = sd_event_source_unref(job->child);
	job->limit = sd_event_source_disable_unref(job->limit);
	job->pid = 0;
	if (is_killed)
		errx("'%s' was killed: %s", job->name, strsignal(info->si_status));
	job->ended(job, is_killed ? -1 : info->si_status);
	return 0;
}

static int on_limit(sd_event_source *source, uint64_t usec, void *arg)
{
	struct job *job = arg;

	(void)source;
	(void)usec;
	errx("'%s' has been running for too long", job->name);
	job_kill(job);
	return 0;
}

int job_start(struct job *job, sd_event *event, unsigned int limit_s)
{
	pid_t parent = getpid();
	int ret;

	fflush(NULL);
	job->pid = fork();
	if (job->pid < 0) {
		job->pid = 0;
		return -errno;
	}
	if (!job->pid)
		work(job, parent);
	ret = sd_event_add_child(event, &job->child, job->pid, WEXITED, on_gone, job);
	if (ret >= 0)
		ret = sd_event_add_time_relative(event, &job->limit, CLOCK_MONOTONIC,
						 limit_s * 1000000ull, 0, on_limit, job);
	if (ret >= 0)
		return 0;
	job_free(job);
	return ret;
}

void job_kill(struct job *job)
{
	if (job->pid)
		kill(job->pid, SIGKILL);
}

void job_free(struct job *job)
{
	job->child = sd_event_source_disable_unref(job->child);
	job->limit = sd_event_source_disable_unref(job->limit);
	if (job->pid) {
		kill(job->pid, SIGKILL);
		waitpid(job->pid, NULL, 0);
	}
	job->pid = 0;
}
