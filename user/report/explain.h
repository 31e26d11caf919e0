/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of one source, gathered once, so that text (explain_text.c) and JSON
 * (explain_json.c) agree.
 */
#ifndef NOLIST_EXPLAIN_H
#define NOLIST_EXPLAIN_H

#include "user/judge/judge.h"
#include "user/origin/origin.h"

/* An event, or a state that lasted for a while. */
struct explain_event {
	struct span when;
	const char *kind; /* one word, for scripts */
	char text[160];
};

/* A list of the configuration. */
struct explain_list {
	const char *file, *format;
	bool is_read;    /* the file could be read */
	bool is_on;      /* the source is on it */
	bool is_waiting; /* the source is due, but the list has grown enough for a day */
};

struct explain {
	struct judge *j;
	struct nolist_addr addr; /* as asked */
	struct judged of;
	struct origin origin; /* if the judge has a file of them */
	bool is_known;
	const struct prefix_entry *never, *allow, *pardon; /* entries that it is in */
	struct explain_event *event; /* in the order of time */
	size_t events;
	/* What becomes of it at the real MX, and the state of that table: words, or NULL. Of the caller. */
	const char *at_real, *table;
	bool is_held; /* at the high fakes */
	struct explain_list *list; /* their files as they are now; none with --at */
	int lists;
};

/* 0 or -errno, explained by failure_of(); explain_free() is always safe afterwards. */
int explain_gather(struct explain *e, struct judge *j, const struct nolist_addr *addr);
/* Parts of explain_gather(): history and lists. 0 or -ENOMEM. */
int explain_history(struct explain *e);
int explain_lists(struct explain *e);
const char *explain_gap(const struct explain *e, size_t gap); /* why evidence was lost then */
void explain_free(struct explain *e);

/* Its judgement in one sentence. */
const char *explain_sentence(const struct explain *e);
void explain_text(const struct explain *e);
int explain_json(const struct explain *e); /* 0 or -errno, explained by failure_of() */

#endif
