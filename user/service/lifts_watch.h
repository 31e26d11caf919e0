/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks again and again whether the look-up page has written its file of lifts.
 */
#ifndef NOLIST_LIFTS_WATCH_H
#define NOLIST_LIFTS_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>

struct lifts_watch {
	const char *file; /* set by the caller, at any time; NULL: there is none */
	bool (*changed)(void *arg); /* false: not now, ask again */
	void *arg;
	sd_event_source *timer; /* the caller unrefs it */
	struct stat was;
};

/* 0 or -errno. */
int lifts_watch_open(struct lifts_watch *w, sd_event *event, bool (*changed)(void *arg), void *arg);

#endif
