// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everybody on this host may ask: there is no source in metrics, and what they cost does not
 * depend on how many there are. Who connects and is silent, or does not read, is left after a
 * second or two.
 */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/metrics_socket.h"
#include "user/service/answer.h"

#define ASK_MS 1000 /* for the client's byte */
#define SEND_S 2    /* for each part that it reads */
#define LIMIT_S 10

/* In the child: the one answer that it gives. */
static struct answer *asked;

static int answer(const char *file)
{
	struct timeval wait = { .tv_sec = SEND_S };
	struct pollfd p = { .fd = asked->client, .events = POLLIN };
	char format;

	setsockopt(asked->client, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (poll(&p, 1, ASK_MS) != 1 || read(asked->client, &format, 1) != 1)
		return 0;
	return asked->fn(file, asked->client, format == METRICS_SOCKET_OPENMETRICS);
}

static void on_answered(struct job *job, int status)
{
	struct answer *a = job->arg;

	(void)status;
	sd_event_source_set_enabled(a->listen, SD_EVENT_ON);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct answer *a = arg;

	(void)events;
	a->client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (a->client < 0)
		return 0;
	a->prepare(a->arg);
	asked = a;
	if (!job_start(&a->job, a->event, LIMIT_S))
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	close(a->client);
	return 0;
}

static int open_socket(struct answer *a, const char *state_dir)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int n = snprintf(a->path, sizeof(a->path), "%s/" METRICS_SOCKET, state_dir);

	if (n >= (int)sizeof(a->path)) {
		*a->path = '\0';
		return -ENAMETOOLONG;
	}
	strcpy(sa.sun_path, a->path);
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd < 0)
		return -errno;
	/* Only one "run" has this directory: it is the socket of one that was killed. */
	unlink(a->path);
	if (bind(a->fd, (struct sockaddr *)&sa, sizeof(sa)) || chmod(a->path, 0666) ||
	    listen(a->fd, 8))
		return -errno;
	return 0;
}

int answer_open(struct answer *a, sd_event *event, const char *state_dir)
{
	int error;

	a->event = event;
	a->fd = -1;
	a->job = (struct job){ .name = "metrics", .fn = answer, .file = a->file, .keeps = JOB_KEEPS_BPF,
			       .ended = on_answered, .arg = a };
	error = open_socket(a, state_dir);
	if (!error)
		error = sd_event_add_io(event, &a->listen, a->fd, EPOLLIN, on_client, a);
	if (error >= 0)
		return 0;
	fail(error, "cannot answer at '%s'", *a->path ? a->path : METRICS_SOCKET);
	answer_close(a);
	return error;
}

void answer_close(struct answer *a)
{
	job_free(&a->job);
	a->listen = sd_event_source_disable_unref(a->listen);
	if (a->fd > 0) {
		close(a->fd);
		unlink(a->path);
	}
	a->fd = -1;
}
