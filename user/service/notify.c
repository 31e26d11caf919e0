// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue is short: a manager that has not read for so long gets the latest messages only.
 * sd_event_set_watchdog(3) would wait for a reader as well, hence the timer here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/service/notify.h"

#define QUEUE 8
#define SECOND 1000000ull

/* One manager, so one queue. */
static char queue[QUEUE][256];
static int queued;
static sd_event_source *retry, *watchdog;
static uint64_t alive_usec; /* between two signs of life */

/* The manager's socket: the size of its address; 0: there is none. */
static socklen_t address(struct sockaddr_un *to)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path ? strlen(path) : 0;

	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (size < 2 || size >= sizeof(to->sun_path) || (*path != '/' && *path != '@'))
		return 0;
	memcpy(to->sun_path, path, size);
	if (*path == '@') /* an abstract name */
		to->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + size;
}

/* False: nobody reads now. Where nobody ever will, there is nothing to wait for. */
static bool send_now(const char *text)
{
	struct sockaddr_un to;
	socklen_t size = address(&to);
	bool is_full;
	int fd;

	if (!size)
		return true;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	is_full = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, size) < 0 &&
		  (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM);
	close(fd);
	return !is_full;
}

static void drop(int i)
{
	queued--;
	memmove(queue[i], queue[i + 1], (queued - i) * sizeof(*queue));
}

static bool is_status(const char *text)
{
	return !strncmp(text, "STATUS=", 7);
}

static void arm(sd_event_source *timer, uint64_t usec)
{
	sd_event_source_set_time_relative(timer, usec);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void flush(void)
{
	while (queued && send_now(queue[0]))
		drop(0);
	if (queued && retry)
		arm(retry, SECOND);
}

void notify(const char *fmt, ...)
{
	va_list ap;

	if (queued == QUEUE)
		drop(0);
	va_start(ap, fmt);
	vsnprintf(queue[queued++], sizeof(*queue), fmt, ap);
	va_end(ap);
	/* Only the latest status matters. */
	if (queued > 1 && is_status(queue[queued - 1]) && is_status(queue[queued - 2]))
		drop(queued - 2);
	flush();
}

static int on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	(void)arg;
	flush();
	return 0;
}

static int on_watchdog(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)usec;
	(void)arg;
	send_now("WATCHDOG=1");
	arm(source, alive_usec);
	return 0;
}

int notify_open(sd_event *event)
{
	uint64_t limit_usec = 0;
	int ret = sd_event_add_time(event, &retry, CLOCK_MONOTONIC, 0, 0, on_retry, NULL);

	if (ret < 0)
		return ret;
	sd_event_source_set_enabled(retry, SD_EVENT_OFF);
	ret = sd_watchdog_enabled(0, &limit_usec);
	if (ret <= 0)
		return ret;
	alive_usec = limit_usec / 4;
	ret = sd_event_add_time_relative(event, &watchdog, CLOCK_MONOTONIC, alive_usec, 0,
					 on_watchdog, NULL);
	return ret < 0 ? ret : 0;
}

void notify_close(void)
{
	retry = sd_event_source_disable_unref(retry);
	watchdog = sd_event_source_disable_unref(watchdog);
}

void notify_add(char *text, size_t size, const char *step, time_t done_at, bool is_failed)
{
	size_t n = strlen(text);
	char when[TEXT_TIME];

	if (done_at)
		snprintf(text + n, size - n, "%s%s at %s%s", n ? ", " : "", step,
			 text_time(done_at, when), is_failed ? " (failed since)" : "");
	else
		snprintf(text + n, size - n, "%s%s %s", n ? ", " : "", step,
			 is_failed ? "failed" : "never");
}

void notify_reloading(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	notify("RELOADING=1\nMONOTONIC_USEC=%llu", ts.tv_sec * 1000000ull + ts.tv_nsec / 1000);
}
