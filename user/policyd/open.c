// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the service needs open before it gives up all: its sockets and its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/listen.h"
#include "user/base/log.h"
#include "user/base/state_dir.h"
#include "user/policy/memory.h"
#include "user/policy/visits.h"
#include "user/policyd/policyd.h"

/* --- sockets --------------------------------------------------------------------- */

static int add_listener(struct policyd *p, int fd, bool is_milter)
{
	int flags = fcntl(fd, F_GETFL);

	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return failx(-EINVAL, "descriptor %d of the service manager is no listening socket", fd);
	if (p->listeners == POLICYD_LISTENERS)
		return failx(-EINVAL, "more than %d sockets", POLICYD_LISTENERS);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return fail(-errno, "cannot listen");
	p->listener[p->listeners++] = (struct policyd_listener){ fd, is_milter };
	return 0;
}

int policyd_listen_given(struct policyd *p)
{
	char **names = NULL;
	int i, error = 0, n = sd_listen_fds_with_names(1, &names);

	for (i = 0; i < n && !error; i++)
		error = add_listener(p, SD_LISTEN_FDS_START + i, !strcmp(names[i], "milter"));
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return error;
}

int policyd_listen(struct policyd *p, const char *where, bool is_milter)
{
	int fd, error = listen_at(where, true, &fd);

	return error ? error : add_listener(p, fd, is_milter);
}

/* --- memory ---------------------------------------------------------------------- */

static int open_file(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	return fd < 0 ? -errno : fd;
}

static void open_visits(struct policyd *p, const char *state_dir)
{
	char file[4096];
	int fd, error;

	snprintf(file, sizeof(file), "%s/" VISITS_FILE, state_dir);
	fd = open_file(file);
	error = fd < 0 ? fd : visits_map(&p->visits, fd, true);
	if (fd >= 0)
		close(fd);
	if (error)
		err(error, "cannot note in '%s', for collect, which clients were at the real MX", file);
}

void policyd_open_memory(struct policyd *p, const char *state_dir, const char *file)
{
	char dir[4096];
	int fd, error;

	if (!state_dir_make(state_dir) &&
	    snprintf(dir, sizeof(dir), "%s/policyd", state_dir) < (int)sizeof(dir))
		mkdir(dir, 0700);
	open_visits(p, state_dir);
	fd = open_file(file);
	error = fd < 0 ? fd : memory_map(&p->memory, fd, true);
	if (fd >= 0)
		close(fd);
	if (!error)
		return;
	err(error, "cannot note in '%s' which networks were deferred", file);
	hint("strangers pass meanwhile");
}
