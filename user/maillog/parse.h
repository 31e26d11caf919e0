/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a real MX's log: postfix' in syslog's form, exim's main log. Text that a sender
 * can put into a line, such as its HELO or the envelope's names and addresses, must not be
 * mistaken for the address that it came from.
 */
#ifndef NOLIST_MAILLOG_H
#define NOLIST_MAILLOG_H

#include <stddef.h>
#include <stdint.h>
#include "user/base/addr.h"

#define MAILLOG_LINE 8192 /* longest line, in bytes: postfix and exim log no longer ones */
#define MAILLOG_ID 24     /* size of a message's id, with the zero at its end */

enum maillog_kind {
	MAILLOG_OTHER,    /* of no known kind */
	MAILLOG_ODD,      /* ambiguous: two addresses may be the client's */
	MAILLOG_CLIENT,   /* postfix: message id is coming from addr */
	MAILLOG_SENT,     /* postfix: message id was delivered to a recipient */
	MAILLOG_REMOVED,  /* postfix: message id has left the queue, and its id is free */
	MAILLOG_ACCEPTED, /* exim: a message from addr was accepted */
	MAILLOG_REJECTED, /* at least one recipient was refused to addr, permanently or not */
};

struct maillog_line {
	enum maillog_kind kind;
	int64_t time;
	struct nolist_addr addr;
	char id[MAILLOG_ID];
};

struct maillog;

/* now: a time without a year is the last such before it. 0 or -errno; free is safe on NULL. */
int maillog_new(struct maillog **mp, int64_t now);
void maillog_free(struct maillog *m);
/* Reads one line, without its end, into *to. */
void maillog_read(struct maillog *m, const char *line, size_t size, struct maillog_line *to);

#endif
