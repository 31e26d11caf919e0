// SPDX-License-Identifier: GPL-2.0-only
/*
 * policyd: answers the policy requests of a mail server. A program of its own without capabilities,
 * which "nolist-xdp policyd" starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/listen.h"
#include "user/base/log.h"
#include "user/base/state_dir.h"
#include "user/cmd/cmd.h"
#include "user/policy/memory.h"
#include "user/policyd/policyd.h"

#define LISTEN "127.0.0.1:9827"
#define CLIENTS 10000
#define OTHER_FILES 64

enum { OPT_LISTEN = 256, OPT_SNAPSHOT, OPT_MEMORY };

static const struct cmd_option opts[] = {
	{ "listen", OPT_LISTEN, "WHERE",
	  "ADDR:PORT, or unix:PATH (" LISTEN ", or what systemd has opened); may be given again" },
	{ "snapshot", OPT_SNAPSHOT, "FILE", "a list of the format policy (lists/policy in the state directory)" },
	{ "memory", OPT_MEMORY, "FILE", "who was deferred (policyd/memory in the state directory)" },
	{}
};

struct args {
	const char *where[POLICYD_LISTENERS];
	int wheres;
	const char *memory;
	struct policyd p;
};

/* --- sockets --------------------------------------------------------------------- */

static int add_listener(struct policyd *p, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return failx(-EINVAL, "descriptor %d of the service manager is no listening socket", fd);
	if (p->listeners == POLICYD_LISTENERS)
		return failx(-EINVAL, "more than %d sockets", POLICYD_LISTENERS);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return fail(-errno, "cannot listen");
	p->listener[p->listeners++] = fd;
	return 0;
}

static int listen_all(struct args *a)
{
	int i, fd, error = 0, n = sd_listen_fds(1);

	for (i = 0; i < n && !error; i++)
		error = add_listener(&a->p, SD_LISTEN_FDS_START + i);
	if (n <= 0 && !a->wheres)
		a->where[a->wheres++] = LISTEN;
	for (i = 0; i < a->wheres && !error; i++) {
		error = listen_at(a->where[i], true, &fd);
		if (!error)
			error = add_listener(&a->p, fd);
	}
	return error;
}

/* --- memory ---------------------------------------------------------------------- */

/* Without it nobody is deferred, since nobody would be known again. */
static void open_memory(struct args *a)
{
	char dir[4096];
	int fd, error;

	if (!state_dir_make(options.state_dir) &&
	    snprintf(dir, sizeof(dir), "%s/policyd", options.state_dir) < (int)sizeof(dir))
		mkdir(dir, 0700);
	fd = open(a->memory, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	error = fd < 0 ? -errno : memory_map(&a->p.memory, fd, true);
	if (fd >= 0)
		close(fd);
	if (!error)
		return;
	err(error, "cannot remember in '%s' who was deferred", a->memory);
	hint("strangers pass meanwhile");
}

/* As many connections as descriptors allow. */
static void set_limit(struct policyd *p)
{
	struct rlimit l;

	p->clients = CLIENTS;
	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max < CLIENTS + OTHER_FILES ? l.rlim_max : CLIENTS + OTHER_FILES;
	setrlimit(RLIMIT_NOFILE, &l);
	if (l.rlim_cur < CLIENTS + OTHER_FILES)
		p->clients = l.rlim_cur > 2 * OTHER_FILES ? l.rlim_cur - OTHER_FILES : OTHER_FILES;
}

static int serve(struct args *a)
{
	int error = listen_all(a);

	if (error)
		return cmd_failed(error);
	open_memory(a);
	set_limit(&a->p);
	error = policyd_keep(&a->p);
	return error ? cmd_failed(error) : EXIT_DONE;
}

static int add_where(struct args *a, const char *where)
{
	if (a->wheres == POLICYD_LISTENERS) {
		errx("more than %d sockets", POLICYD_LISTENERS);
		return EXIT_USAGE;
	}
	a->where[a->wheres++] = strncmp(where, "unix:", 5) ? where : where + 5;
	return EXIT_DONE;
}

static int cmd_policyd(int argc, char **argv)
{
	char snapshot[4096], memory[4096];
	struct args a = { .p.snapshot = snapshot, .memory = memory };
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == OPT_LISTEN)
			status = add_where(&a, optarg);
		else if (c == OPT_SNAPSHOT)
			a.p.snapshot = optarg;
		else
			a.memory = optarg;
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	snprintf(snapshot, sizeof(snapshot), "%s/lists/policy", options.state_dir);
	snprintf(memory, sizeof(memory), "%s/policyd/memory", options.state_dir);
	return serve(&a);
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "policyd", cmd_policyd, "[--listen WHERE]... [--snapshot FILE] [--memory FILE]",
		  HELP_POLICYD },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
