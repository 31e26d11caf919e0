/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small SMTP client with deadlines. It trusts nothing that a server says: replies are
 * bounded, and of their text only printable ASCII is kept, without '|'.
 */
#ifndef NOLIST_PROBE_SMTP_H
#define NOLIST_PROBE_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMTP_TEXT 64 /* bytes of a reply that are kept for people; what is cut ends in "..." */

struct smtp {
	int fd; /* connected, and not blocking */
	char in[1024];
	size_t from, to; /* bytes of in[] that are not read yet */
	bool has_tls;    /* a line of a reply was "250-STARTTLS" */
};

struct smtp_reply {
	int code;
	char text[SMTP_TEXT]; /* the first line, with its code */
};

/* Milliseconds of a clock that only goes forward. */
int64_t smtp_clock(void);

/*
 * Reads a reply, of one or several lines. 0, or -ETIMEDOUT; -ENODATA: the other side closed;
 * -EBADMSG: it is no reply of SMTP, and text has what came; -EMSGSIZE: it does not end; or
 * the error of the connection.
 */
int smtp_reply(struct smtp *s, int64_t deadline, struct smtp_reply *r);
/* Sends a line, without its end, and reads the reply. */
int smtp_say(struct smtp *s, const char *line, int64_t deadline, struct smtp_reply *r);
/* What an error of these means, in words. */
const char *smtp_error(int error);

#endif
