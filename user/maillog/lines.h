/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of a real MX's log, or of an address and a time, read in a process that can do
 * nothing else (confined/confined.h): what comes back of a line is of a fixed size, and checked.
 */
#ifndef NOLIST_MAILLOG_LINES_H
#define NOLIST_MAILLOG_LINES_H

#include <stdio.h>
#include "user/confined/confined.h"
#include "user/maillog/parse.h"
#include "user/maillog/spam.h"

enum maillog_form {
	FORM_BLANK,   /* no line at all, or a comment */
	FORM_BAD,     /* too long, or with a zero byte */
	FORM_CONTACT, /* an address and a time */
	FORM_LOG,     /* anything else: a log's, perhaps */
};

struct maillog_read_line {
	enum maillog_form form;
	struct nolist_addr addr; /* FORM_CONTACT */
	int64_t time;
	struct maillog_line log; /* FORM_LOG */
	struct spam_line spam;   /* the same, with a reader of them; else zero */
	char example[MAILLOG_EXAMPLE]; /* if that is MAILLOG_UNREAD; else undefined */
};

struct maillog_lines {
	/* Set by the caller: */
	FILE *file;
	int64_t now;
	struct maillog *maillog;
	struct spam_reader *spam; /* NULL: what content filters say is no matter */
	bool has_contacts; /* lines of an address and a time as well */
	uint64_t bytes;    /* of the file, from where its descriptor is; 0: to its end */

	struct confined reader; /* for lines.c only */
};

int maillog_lines_start(struct maillog_lines *l); /* 0 or -errno, explained by failure_of() */
/* 1: a line; 0: no more. */
int maillog_lines_next(struct maillog_lines *l, struct maillog_read_line *to);
/* 0 or -errno, -EIO if the file could not be read to its end, -EAGAIN if it had fewer bytes. Always safe. */
int maillog_lines_end(struct maillog_lines *l);

#endif
