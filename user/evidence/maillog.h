/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of the real MX's mail server, "maillog", followed: which mail it accepted, after all its filters,
 * goes into the store as what "import" reads does. How far it was read is stored in the same transaction,
 * so nothing counts twice or is lost, whenever it is killed.
 */
#ifndef NOLIST_EVIDENCE_MAILLOG_H
#define NOLIST_EVIDENCE_MAILLOG_H

#include <stdint.h>

/* What the store knows of it; all zero: it was never read. */
struct followed {
	int64_t looked; /* seconds since 1970 */
	int64_t newest; /* time of the newest line that counts */
	int64_t lost;   /* when the place that was read up to was in no file, last; 0: never */
	uint64_t left;  /* bytes that are not read yet */
	int error;      /* why it could not be read, last; 0 */

	/* Of this time: */
	uint64_t read;  /* bytes */
	unsigned long messages, sources;
	bool is_news;   /* the error, or its end, or the loss are of this time */
};

struct store;

/* Reads on. 0 or -errno, explained by failure_of(); that the log cannot be read is told by f->error. */
int follow_maillog(const char *state_dir, const char *path, int64_t now, struct followed *f);
/* What is stored of it: 0 or -errno. */
int followed_read(struct store *s, struct followed *f);

#endif
