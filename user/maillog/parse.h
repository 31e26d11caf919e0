/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a real MX's log: postfix' in syslog's form, exim's main log. What a
 * sender can put into a line, such as his HELO, names and addresses of envelopes,
 * must not pass for the address that he came from.
 */
#ifndef NOLIST_MAILLOG_H
#define NOLIST_MAILLOG_H

#include <stddef.h>
#include <stdint.h>
#include "user/base/addr.h"

#define MAILLOG_LINE 8192 /* bytes of one; nobody logs more */
#define MAILLOG_ID 24     /* room for a message's name */

enum maillog_kind {
	MAILLOG_OTHER,    /* nothing that concerns us */
	MAILLOG_ODD,      /* it could be read in two ways */
	MAILLOG_CLIENT,   /* postfix: a message, id, is coming from addr */
	MAILLOG_SENT,     /* postfix: a recipient has got it */
	MAILLOG_REMOVED,  /* postfix: it is gone, and its id is free */
	MAILLOG_ACCEPTED, /* exim: a message from addr was taken */
	MAILLOG_REJECTED, /* a recipient, or more, was refused to addr, for ever or for now */
};

struct maillog_line {
	enum maillog_kind kind;
	int64_t time;
	struct nolist_addr addr;
	char id[MAILLOG_ID];
};

struct maillog;

/* now: a time without a year is the last such. 0 or -errno; free is safe on NULL. */
int maillog_new(struct maillog **mp, int64_t now);
void maillog_free(struct maillog *m);
/* One line, without its end. */
void maillog_read(struct maillog *m, const char *line, size_t size, struct maillog_line *to);

#endif
