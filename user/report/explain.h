/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of one source, gathered once, so that words (explain_text.c)
 * and JSON (explain_json.c) say the same.
 */
#ifndef NOLIST_EXPLAIN_H
#define NOLIST_EXPLAIN_H

#include "user/judge/judge.h"

/* What happened, or was, from a time to a time. */
struct explain_event {
	struct span when;
	const char *kind; /* one word, for scripts */
	char text[160];
};

/* A list of the configuration. */
struct explain_list {
	const char *file, *format;
	bool is_read;    /* it can be */
	bool is_on;      /* the source is on it */
	bool is_waiting; /* it is due, but the list has grown enough for a day */
};

struct explain {
	struct judge *j;
	struct nolist_addr addr; /* as asked */
	struct judged of;
	bool is_known;
	const struct prefix_entry *never, *allow, *pardon; /* entries that it is in */
	struct explain_event *event; /* in the order of time */
	size_t events;
	struct explain_list *list; /* as they are now; none with --at */
	int lists;
};

/* 0 or -errno, explained by failure_of(); explain_free() is always safe afterwards. */
int explain_gather(struct explain *e, struct judge *j, const struct nolist_addr *addr);
/* Its parts, which fill in what the judgement does not tell: 0 or -ENOMEM. */
int explain_history(struct explain *e);
int explain_lists(struct explain *e);
void explain_free(struct explain *e);

/* What it is judged to be, in a sentence. */
const char *explain_sentence(const struct explain *e);
void explain_text(const struct explain *e);
int explain_json(const struct explain *e); /* 0 or -errno, explained by failure_of() */

#endif
