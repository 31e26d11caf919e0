// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever comes later than waiting_take() stays in the socket's queue, and starts us again.
 */
#define _GNU_SOURCE /* accept4() */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "user/service/waiting.h"

void waiting_take(struct waiting *w)
{
	int fd = SD_LISTEN_FDS_START, flags;

	w->n = 0;
	if (sd_listen_fds(1) != 1 || sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
		return;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return;
	while (w->n < WAITING_MAX && (w->fd[w->n] = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		w->n++;
}

void waiting_answer(struct waiting *w, int status)
{
	char line[16];

	snprintf(line, sizeof(line), "%d\n", status);
	while (w->n) {
		send(w->fd[--w->n], line, strlen(line), MSG_NOSIGNAL);
		close(w->fd[w->n]);
	}
}
