/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to the service manager, and signs of life for its watchdog. sd_notify(3) waits for
 * as long as nobody reads; these wait in a queue instead, so that the work goes on.
 */
#ifndef NOLIST_NOTIFY_H
#define NOLIST_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>
#include <time.h>

/* 0 or -errno. */
int notify_open(sd_event *event);
void notify_close(void);
/* Sends a message, behind those that wait. */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For a status: adds when a step was done last (0: never), and whether it has failed since. */
void notify_add(char *text, size_t size, const char *step, time_t done_at, bool is_failed);

/* The configuration is being read again: with the time that the service manager asks for. */
void notify_reloading(void);

#endif
