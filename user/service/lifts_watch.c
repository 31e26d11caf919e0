// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page replaces its file, and may not have made it yet, nor its directory: so it is looked for by
 * its name, and not watched.
 */
#include <time.h>

#include "user/service/lifts_watch.h"

#define EVERY_USEC 1000000ull
#define AFTER_USEC 15000000ull /* writing the lists again and again helps nobody */

static int on_look(sd_event_source *source, uint64_t usec, void *arg)
{
	struct lifts_watch *w = arg;
	uint64_t wait = EVERY_USEC;
	struct stat is;

	(void)usec;
	if (w->file && !lstat(w->file, &is) &&
	    (is.st_ino != w->was.st_ino || is.st_mtim.tv_sec != w->was.st_mtim.tv_sec ||
	     is.st_mtim.tv_nsec != w->was.st_mtim.tv_nsec) &&
	    w->changed(w->arg)) {
		w->was = is;
		wait = AFTER_USEC;
	}
	sd_event_source_set_time_relative(source, wait);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int lifts_watch_open(struct lifts_watch *w, sd_event *event, bool (*changed)(void *arg), void *arg)
{
	int ret;

	w->changed = changed;
	w->arg = arg;
	ret = sd_event_add_time_relative(event, &w->timer, CLOCK_MONOTONIC, EVERY_USEC, 0, on_look, w);
	return ret < 0 ? ret : 0;
}
