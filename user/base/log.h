/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only writers to stderr. Each message is one line, "nolist-xdp: COMMAND: ...",
 * lower case, no full stop, the subject in quotes. Bytes that a terminal would
 * act on are shown as \xNN. In the journal "nolist-xdp: " is left out.
 */
#ifndef NOLIST_LOG_H
#define NOLIST_LOG_H

#include <stdbool.h>
#include <stddef.h>

void log_command(const char *name);
/* -v: messages of libraries, too. */
void log_set_verbose(void);
bool log_is_verbose(void);

/* err: a failure, with strerror(-error) at its end; errx: without. */
void err(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void errx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void info(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* what was done */
void hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Progress of a long operation: on a terminal only, after a second, on a line that the
 * next message replaces. Cheap enough to be called often. done counts sources.
 */
void progress(const char *what, size_t done);
void progress_end(void);

#endif
