/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a content filter found, in its log: rspamd's lines name the address that a message came from;
 * SpamAssassin's spamd names the message only, and the mail server's lines beside it say whose that is.
 * A message's id is kept as a hash, and never stored.
 */
#ifndef NOLIST_MAILLOG_SPAM_H
#define NOLIST_MAILLOG_SPAM_H

#include "user/maillog/parse.h"

enum spam_kind {
	SPAM_NONE,       /* says nothing of that */
	SPAM_UNREAD,     /* a filter's line, and not understood, or ambiguous */
	SPAM_MESSAGE,    /* postfix: message id has this hash */
	SPAM_ARRIVED,    /* exim: the message with this hash is the one of the same line */
	SPAM_BY_ADDRESS, /* a verdict on a message from addr */
	SPAM_BY_HASH,    /* a verdict on a message with this hash; 0: it has no id */
};

enum spam_verdict { SPAM_UNCLEAR, SPAM_HAM, SPAM_SPAM };

struct spam_line {
	enum spam_kind kind;
	enum spam_verdict verdict;
	int64_t time;
	uint64_t hash;
	struct nolist_addr addr;
	char id[MAILLOG_ID];
};

struct spam_reader;

/* now: as of maillog_new(). 0 or -errno; free is safe on NULL. */
int spam_reader_new(struct spam_reader **rp, int64_t now);
void spam_reader_free(struct spam_reader *r);
/* Reads one line, without its end. kind: what maillog_read() made of it. */
void spam_read(struct spam_reader *r, const char *line, size_t size, enum maillog_kind kind,
	       struct spam_line *to);

#endif
