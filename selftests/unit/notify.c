// SPDX-License-Identifier: GPL-2.0-only
/*
 * A service manager that does not read stops nothing: no message waits for it, the loop goes
 * round, and when it reads again it gets the latest.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "selftests/lib/tap.h"
#include "user/service/notify.h"

static char path[] = "/tmp/unit_notify.XXXXXX";
static int manager;

static void listen_at(const char name[64])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", name);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (manager < 0 || bind(manager, (struct sockaddr *)&at, sizeof(at)))
		tap_die("bind");
	setenv("NOTIFY_SOCKET", name, 1);
}

static bool recv_text(char text[512])
{
	ssize_t size = recv(manager, text, 511, 0);

	if (size >= 0)
		text[size] = '\0';
	return size >= 0;
}

/* Reads all that has come: how many messages; the last of them is in text. */
static int read_all(char text[512])
{
	int n = 0;

	while (recv_text(text))
		n++;
	return n;
}

static int on_round(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)usec;
	++*(int *)arg;
	sd_event_source_set_time_relative(source, 10000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* How often a timer of 10 ms comes round within a time. */
static int rounds(sd_event *event, uint64_t usec)
{
	sd_event_source *timer = NULL;
	uint64_t now, until;
	int n = 0;

	sd_event_add_time_relative(event, &timer, CLOCK_MONOTONIC, 10000, 0, on_round, &n);
	sd_event_now(event, CLOCK_MONOTONIC, &now);
	for (until = now + usec; now < until; sd_event_now(event, CLOCK_MONOTONIC, &now))
		sd_event_run(event, 10000);
	sd_event_source_disable_unref(timer);
	return n;
}

int main(void)
{
	char text[512] = "", name[64], last[16] = "";
	sd_event *event;
	int i;

	alarm(20);
	if (!mkdtemp(path) || sd_event_new(&event) < 0)
		tap_die("mkdtemp");
	notify("READY=1");
	tap_ok(true, "without a manager there is nothing to tell");
	snprintf(name, sizeof(name), "%s/socket", path);
	listen_at(name);
	setenv("WATCHDOG_USEC", "40000", 1);
	if (notify_open(event))
		tap_die("notify_open");
	notify("READY=1");
	tap_ok(read_all(text) == 1 && !strcmp(text, "READY=1"), "a message comes as it was sent");
	for (i = 0; i < 1000; i++)
		notify("STATUS=%d", i);
	notify("RELOADING=1");
	for (i = 1000; i < 2000; i++)
		notify("STATUS=%d", i);
	tap_ok(true, "two thousand messages that nobody reads stop nothing");
	tap_ok(rounds(event, 300000) > 5, "nor do signs of life");
	tap_ok(read_all(text) < 1000, "and are not all kept");
	notify("READY=1");
	tap_ok(read_all(text) == 4 && !strcmp(text, "READY=1"), "the latest are, in their order");
	rounds(event, 200000);
	i = read_all(text);
	tap_ok(i > 5 && !strcmp(text, "WATCHDOG=1"), "signs of life come again");
	for (i = 0; i < 1000; i++)
		notify("MARK=%d", i);
	read_all(text);
	/* Signs of life come between. */
	for (i = 0; i < 300 && strcmp(last, "MARK=999"); i++) {
		rounds(event, 10000);
		while (recv_text(text))
			if (!strncmp(text, "MARK=", 5))
				snprintf(last, sizeof(last), "%.15s", text);
	}
	tap_ok(!strcmp(last, "MARK=999"), "what waits is sent again without being asked");
	notify_close();
	sd_event_unref(event);
	unlink(name);
	rmdir(path);
	return tap_done();
}
