/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of one source, gathered once, so that text (explain_text.c) and JSON
 * (explain_json.c) agree.
 */
#ifndef NOLIST_EXPLAIN_H
#define NOLIST_EXPLAIN_H

#include "user/judge/judge.h"
#include "user/origin/origin.h"
#include "user/policy/decide.h"
#include "user/policy/mode.h"

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

/* What the policy service says of it. */
struct explain_policy {
	bool is_there; /* a list of the format policy is configured, and can be read */
	enum policy_mode mode;
	enum policy_step step;
	struct policy_facts f;
};

/* What the step goes by: words, and the time; words NULL or time 0: none. */
struct explain_when {
	const char *what;
	int64_t time;
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
	/* Hours in which a content filter found spam in its mail, and let mail through. Of the caller. */
	unsigned int spam_hours, ham_hours;
	int64_t spam_last; /* 0: it found none */
	struct explain_policy policy;
	struct explain_list *list; /* their files as they are now; none with --at */
	int lists;
};

/* 0 or -errno, explained by failure_of(); explain_free() is always safe afterwards. */
int explain_gather(struct explain *e, struct judge *j, const struct nolist_addr *addr);
/* Parts of explain_gather(): history and lists. 0 or -ENOMEM. */
int explain_history(struct explain *e);
int explain_lists(struct explain *e);
/* After explain_gather(): asks what the policy service decides from. */
void explain_policy(struct explain *e, const char *pin_dir);
struct explain_when explain_policy_when(const struct explain_policy *p);
const char *explain_gap(const struct explain *e, size_t gap); /* why evidence was lost then */
void explain_free(struct explain *e);

/* Its judgement in one sentence. */
const char *explain_sentence(const struct explain *e);
void explain_text(const struct explain *e);
void explain_check(const struct explain *e, enum check check); /* a line of it: one rule */
int explain_json(const struct explain *e); /* 0 or -errno, explained by failure_of() */

#endif
