// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keeper: starts the worker, and hands it each new snapshot and each new map of the program. It
 * reads nothing that others have chosen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/policy/stamps.h"
#include "user/policyd/policyd.h"

/* A file that the worker needs, and its newest version again and again. */
struct kept {
	char path[4096];
	char kind; /* as the worker is told */
	int (*open)(const char *path);
	struct stat was; /* of what was sent last */
	int error;       /* of opening it, as was told last */
};

struct keeper {
	struct kept snapshot, stamps;
	int to; /* the worker */
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int send_fd(int to, char kind, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec one = { &kind, 1 };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int open_snapshot(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int open_and_send(struct kept *f, int to)
{
	struct stat is;
	int fd, error;

	if (stat(f->path, &is))
		return -errno;
	if (is_same(&is, &f->was))
		return 0;
	fd = f->open(f->path);
	if (fd < 0)
		return fd;
	error = send_fd(to, f->kind, fd);
	close(fd);
	if (!error)
		f->was = is;
	return error;
}

/* What cannot be opened is told once. */
static void look(struct keeper *k)
{
	int error = open_and_send(&k->snapshot, k->to);

	if (error && error != k->snapshot.error) {
		err(error, "no snapshot '%s': all mail passes", k->snapshot.path);
		if (error == -ENOENT)
			hint("a list of the format policy in the configuration writes it: see policyd in "
			     "nolist-xdp(8)");
	}
	k->snapshot.error = error;
	error = open_and_send(&k->stamps, k->to);
	if (error && error != k->stamps.error) {
		err(error, "no live view of the low fake, '%s': strangers pass", k->stamps.path);
		if (error == -ENOENT)
			hint("nolist-xdp load makes it");
	}
	k->stamps.error = error;
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
	struct keeper k = { .snapshot = { .kind = POLICYD_SNAPSHOT, .open = open_snapshot },
			    .stamps = { .kind = POLICYD_STAMPS, .open = stamps_open_pin } };
	sigset_t set, old;
	int ends[2], i, error = policyd_drop();
	pid_t pid;

	if (error)
		return fail(error, "cannot give up capabilities");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return fail(-errno, "cannot start");
	snprintf(k.snapshot.path, sizeof(k.snapshot.path), "%s", p->snapshot);
	snprintf(k.stamps.path, sizeof(k.stamps.path), "%s/" NOLIST_MAP_STAMPS, p->pin_dir);
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
		close(p->listener[i].fd);
	return watch(&k, &set, pid);
}
