// SPDX-License-Identifier: GPL-2.0-only
/*
 * Libraries ask for more than they need, and take a refusal: so a call that is not allowed fails
 * and does not end the program.
 */
#define _GNU_SOURCE /* CLONE_THREAD */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include "user/base/failure.h"
#include "user/confined/private.h"
#include "user/confined/program.h"

#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define SPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE)

/* Files to look at, and their descriptors. */
static const int reading[] = {
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(stat64), SCMP_SYS(lstat64), SCMP_SYS(fstat64),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(pread64), SCMP_SYS(fcntl), SCMP_SYS(fcntl64),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(fadvise64),
};

static const int writing[] = {
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fsync), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(umask),
};

static const int network[] = {
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(sendfile),
	SCMP_SYS(sendfile64), SCMP_SYS(socketpair),
};

/* Threads, and what they wait with. */
static const int threads[] = {
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(_newselect),
	SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(pipe),
	SCMP_SYS(pipe2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(futex_time64), SCMP_SYS(clock_getres),
};

#define ALLOW(filter, calls) confined_allow(filter, calls, sizeof(calls) / sizeof(*(calls)))

static int allow_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
	size_t i;
	int error = 0;

	for (i = 0; i < sizeof(families) / sizeof(*families) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					 SCMP_A0(SCMP_CMP_EQ, families[i]));
	return error;
}

static int allow_opening(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, WRITES, 0));

	return error ? error : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
						SCMP_A1(SCMP_CMP_MASKED_EQ, WRITES, 0));
}

static int allow_requests(scmp_filter_ctx filter)
{
	static const unsigned int requests[] = { FIONBIO, FIONREAD, TCGETS };
	size_t i;
	int error = 0;

	for (i = 0; i < sizeof(requests) / sizeof(*requests) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_EQ, requests[i]));
	return error;
}

/* A filter sees no flags of clone3(): where there is none, glibc takes clone(). */
static int allow_threads(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	return error ? error : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
						SCMP_A0(SCMP_CMP_MASKED_EQ, SPACES | CLONE_THREAD,
							CLONE_THREAD));
}

static int allow_calls(scmp_filter_ctx filter, enum program_files files)
{
	int error = confined_allow_work(filter);

	if (!error)
		error = ALLOW(filter, reading);
	if (!error)
		error = ALLOW(filter, network);
	if (!error)
		error = ALLOW(filter, threads);
	if (!error)
		error = allow_sockets(filter);
	if (!error)
		error = files == PROGRAM_NOTES ? ALLOW(filter, writing) : allow_opening(filter);
	if (!error)
		error = allow_requests(filter);
	return error ? error : allow_threads(filter);
}

int program_confine(enum program_files files)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error = filter ? allow_calls(filter, files) : -ENOMEM;

	if (!error)
		error = confined_drop();
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error ? fail(error, "cannot give up rights") : 0;
}
