/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What postfix and exim say of clients and messages, behind a line's head. For parse.c only.
 *
 * A pattern goes from the first byte of the text to the end of the client's address. Before
 * that, no part may match that a sender can choose freely: in postfix' lines there is only a
 * host name; in exim's there are the envelope's sender, which is one word or in quotes, and
 * the HELO, which has no blanks. If exim is configured to accept any HELO, a line with a
 * second address is ambiguous.
 */
#ifndef NOLIST_MAILLOG_PATTERNS_H
#define NOLIST_MAILLOG_PATTERNS_H

#include "user/maillog/parse.h"

/* Which programs say it: sets of bits. */
enum maillog_program {
	PROGRAM_SMTPD = 1, /* smtpd, postscreen, qmqpd */
	PROGRAM_CLEANUP = 2,
	PROGRAM_PICKUP = 4,
	PROGRAM_AGENT = 8, /* smtp, lmtp, local, virtual, pipe, discard */
	PROGRAM_QMGR = 16,
	PROGRAM_BOUNCE = 32,
	PROGRAM_EXIM = 64,
	PROGRAM_POSTFIX = 128, /* another one of postfix */
	PROGRAM_RIVAL = 256,   /* a mail server whose log is not read */
	PROGRAM_NONE = 512,    /* nothing is known of the line's head: the whole of it */
	/* Of postfix, and which one is not known: their lines have different beginnings. */
	PROGRAM_ANY = PROGRAM_SMTPD | PROGRAM_CLEANUP | PROGRAM_PICKUP | PROGRAM_AGENT |
		      PROGRAM_QMGR | PROGRAM_BOUNCE,
};

struct maillog_pattern {
	unsigned int programs;
	enum maillog_kind kind;
	const char *text;
};

/* The first that matches counts. */
extern const struct maillog_pattern maillog_patterns[];
extern const unsigned int maillog_pattern_count;
#define MAILLOG_PATTERNS_MAX 32

#endif
