/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a real MX's log: postfix' and exim's, in files of their own, in syslog's forms, the
 * journal's and containers'. Text that a sender can put into a line, such as its HELO or the
 * envelope's names and addresses, must not be mistaken for the address that it came from.
 */
#ifndef NOLIST_MAILLOG_H
#define NOLIST_MAILLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "user/base/addr.h"

#define MAILLOG_LINE 8192 /* longest line, in bytes: postfix and exim log no longer ones */
#define MAILLOG_ID 24     /* size of a message's id, with the zero at its end */
#define MAILLOG_EXAMPLE 200

enum maillog_kind {
	MAILLOG_OTHER,   /* of no mail server */
	MAILLOG_MAIL,    /* of a mail server, but it says nothing that counts here */
	MAILLOG_UNREAD,  /* looks like a mail server's, and is not understood */
	MAILLOG_ODD,     /* ambiguous: two addresses may be the client's */
	MAILLOG_CLIENT,  /* postfix: message id, or what process id takes, is coming from addr */
	MAILLOG_OWN,     /* postfix: message id is of this host: of no client */
	MAILLOG_SENT,    /* postfix: message id was delivered to a recipient */
	MAILLOG_REMOVED, /* postfix: message id has left the queue, and its id is free */
	MAILLOG_TURNED_DOWN, /* postfix: message id was refused for its content */
	MAILLOG_ACCEPTED,    /* exim: a message from addr was accepted */
	MAILLOG_SUBMITTED,   /* message id is coming from addr, and authenticated */
	MAILLOG_REJECTED,    /* at least one recipient was refused to addr, permanently or not */
	MAILLOG_DENIED,      /* postscreen: addr is on an access list, such as ours */
};

struct maillog_line {
	enum maillog_kind kind;
	int64_t time;
	bool has_year;      /* false: the last such day before "now" */
	bool is_by_list;    /* REJECTED: the reason is one of maillog_new()'s words */
	bool is_at_mx;      /* SUBMITTED: not by a service of its own, such as submission */
	bool is_final;      /* SUBMITTED: accepted as well (exim); REJECTED: at the message's end */
	unsigned int times; /* "message repeated N times" */
	struct nolist_addr addr;
	char id[MAILLOG_ID]; /* "@" and a number: a process, that of a message without an id yet */
	char new_id[MAILLOG_ID]; /* SENT: a message of this host's own that came of it; "": none */
};

struct maillog;

/*
 * now: a time without a year is the last such before it. words: texts by which a refusal is
 * known to be because of the list; ends with NULL, may be NULL, outlives it. 0 or -errno; free
 * is safe on NULL.
 */
int maillog_new(struct maillog **mp, int64_t now, const char *const *words);
void maillog_free(struct maillog *m);
/* Reads one line, without its end, into *to. */
void maillog_read(struct maillog *m, const char *line, size_t size, struct maillog_line *to);
/* A line to show: without what stands in quotes, in <> or beside an @, and without content. */
void maillog_example(const char *line, size_t size, char text[MAILLOG_EXAMPLE]);

#endif
