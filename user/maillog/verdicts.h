/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdicts of content filters, by the source of the message. Only so many messages are remembered,
 * the newest; of one that two sources have sent, or an authenticated user, nothing is said.
 */
#ifndef NOLIST_MAILLOG_VERDICTS_H
#define NOLIST_MAILLOG_VERDICTS_H

#include <stdio.h>
#include "user/maillog/spam.h"

/* is_spam: else it was let through. A return other than 0 ends the reading. */
typedef int verdicts_fn(const struct nolist_addr *addr, int64_t time, bool is_spam, void *arg);

struct verdicts {
	/* Set by the caller: */
	int64_t now, from; /* only lines from..now count */
	verdicts_fn *fn;
	void *arg;

	/* Results: */
	size_t lines;      /* all lines */
	size_t verdicts;   /* of a filter, clear ones */
	size_t ownerless;  /* of these: the log does not say which source's it is, or of more than one */
	size_t unread;     /* look like a filter's, and are not understood */
	size_t first_unread; /* the line's number */
	size_t outside;    /* of a time outside of from..now */

	void *tree; /* for verdicts.c only */
	struct verdicts_message **ring;
	size_t next;
};

/* Reads all lines, in a process of its own; 0 or -errno, explained by failure_of(). */
int verdicts_read(struct verdicts *v, FILE *f);

#endif
