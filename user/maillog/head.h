/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands before a mail server's own words in a line of its log: time, host, program,
 * as syslog daemons, the journal and containers write it.
 */
#ifndef NOLIST_MAILLOG_HEAD_H
#define NOLIST_MAILLOG_HEAD_H

#include <stddef.h>
#include "user/base/stamp.h"

/* A part of the line; it does not end with a zero byte. */
struct words {
	const char *at;
	size_t size;
};

struct head {
	struct stamp stamp;
	struct words tag;   /* the program, such as "postfix/smtpd"; size 0: exim's own file */
	struct words pid;   /* its process, in digits; size 0: unknown */
	bool is_structured; /* RFC 5424: the tag is a name without '/', if rsyslog wrote it */
	struct words text;  /* what the program says */
	unsigned int times; /* "message repeated 3 times": 3 */
};

struct head_reader;

int head_new(struct head_reader **rp); /* 0 or -ENOMEM; free is safe on NULL */
void head_free(struct head_reader *r);
/* false: the line does not begin as any log that is known. */
bool head_read(struct head_reader *r, const char *line, size_t size, int64_t now, struct head *to);

#endif
