// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keeper: starts the worker, and hands it each new snapshot. It reads nothing that others
 * have chosen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/policyd/policyd.h"

struct keeper {
	const struct policyd *p;
	struct stat was; /* of the snapshot that was sent last */
	int error;       /* of opening it, as was told last */
	int to;          /* the worker */
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int send_fd(int to, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec one = { "", 1 };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int open_and_send(struct keeper *k)
{
	struct stat is;
	int fd, error;

	if (stat(k->p->snapshot, &is))
		return -errno;
	if (is_same(&is, &k->was))
		return 0;
	fd = open(k->p->snapshot, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	error = fstat(fd, &is) ? -errno : send_fd(k->to, fd);
	close(fd);
	if (!error)
		k->was = is;
	return error;
}

/* What cannot be opened is told once. */
static void look(struct keeper *k)
{
	int error = open_and_send(k);

	if (error && error != k->error) {
		err(error, "no snapshot '%s': all mail passes", k->p->snapshot);
		if (error == -ENOENT)
			hint("a list of the format policy in the configuration writes it: see policyd in "
			     "nolist-xdp(8)");
	}
	k->error = error;
}

static _Noreturn void work(struct policyd *p, int to, const sigset_t *old)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, old, NULL);
	close(to);
	error = policyd_serve(p);
	_exit(error ? 1 : 0);
}

/* Until a signal, or the worker's end. */
static int watch(struct keeper *k, const sigset_t *set, pid_t pid)
{
	const struct timespec second = { .tv_sec = 1 };
	int status = 0, signal;

	for (;;) {
		look(k);
		signal = sigtimedwait(set, NULL, &second);
		if (signal == SIGCHLD && waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (signal == SIGINT || signal == SIGTERM) {
			kill(pid, SIGTERM);
			waitpid(pid, &status, 0);
			return 0;
		}
	}
	return failx(-EPROTO, "the process that answers has ended: %s",
		     WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "it has said why");
}

int policyd_keep(struct policyd *p)
{
	struct keeper k = { .p = p };
	sigset_t set, old;
	int ends[2], i, error = policyd_drop();
	pid_t pid;

	if (error)
		return fail(error, "cannot give up capabilities");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return fail(-errno, "cannot start");
	p->snapshots = ends[0];
	k.to = ends[1];
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (!pid)
		work(p, k.to, &old);
	if (pid < 0)
		return fail(-errno, "cannot start the process that answers");
	close(p->snapshots);
	for (i = 0; i < p->listeners; i++)
		close(p->listener[i]);
	return watch(&k, &set, pid);
}
