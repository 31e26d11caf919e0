/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a real MX's log says of each source: whether mail was accepted, and when, or only
 * refused. Memory is bounded, whatever the log holds; envelopes are never stored.
 */
#ifndef NOLIST_AUDIT_H
#define NOLIST_AUDIT_H

#include <stdio.h>
#include "user/maillog/parse.h"

struct audit_source {
	struct nolist_source src;
	uint32_t accepted;     /* messages */
	uint32_t rejected;     /* lines */
	uint32_t by_list;      /* of these, refusals that name the list */
	uint32_t submitted;    /* messages: authenticated, where the MX is */
	int64_t last_as_of[2]; /* of its newest delivery, refusal; 0: none */
	bool is_denied;        /* it was on an access list of postscreen */
	/* The rest is for report/audit.c: */
	bool is_listed;         /* when the log ends */
	bool is_refused_listed; /* it was listed when it was refused */
	bool is_at_real;        /* the table at the real MX has it, and its mail was accepted */
	int64_t false_at, since;
};

/*
 * A delivery or a refusal, one of each for each source and hour: when it was, and as of when
 * to judge the source.
 */
struct audit_event {
	int64_t at, as_of;
	struct audit_source *source;
	bool is_refusal;
};

struct audit {
	/* Set by the caller: */
	int64_t now, from;        /* only lines from..now count */
	const char *const *words; /* of refusals that are because of the list; may be NULL */

	/* Results; times in seconds since 1970: */
	size_t lines;        /* all lines */
	size_t mail, known;  /* those of a mail server, and of these those that count here */
	size_t unread;       /* look like a mail server's, and are not understood */
	size_t odd, outside; /* lines left out: with two addresses; outside of from..now */
	size_t too_many;     /* lines left out: too many sources or deliveries */
	size_t forgotten;    /* messages whose id was dropped before they were delivered */
	size_t messages;     /* delivered or accepted, of whatever client */
	size_t clientless;   /* of these: the log does not name the client */
	size_t own;          /* of these: of this host itself */
	size_t submitted;    /* of these: authenticated, or by a submission service */
	int64_t first, last; /* times of lines; 0: none */
	int64_t yearless;    /* newest time without a year; 0: none */
	char example[MAILLOG_EXAMPLE]; /* the first that was not understood */
	struct audit_source **source;  /* all, in the order of addresses, after audit_sort() */
	size_t sources;
	struct audit_event *event; /* the same, in the order of as_of */
	size_t events;

	/* For deliveries.c only: */
	struct maillog *maillog;
	void *tree, *ids;
	struct audit_id **ring;
	size_t ids_next;
};

/* Reads all lines, in a process of its own; 0 or -errno. audit_free() is always safe. */
int audit_read(struct audit *a, FILE *f);
/*
 * The same of a part of a file, from where its descriptor is: after audit_start(), and again for the next
 * part, with what is known of the messages of those before. bytes: as of maillog_lines.
 */
int audit_read_part(struct audit *a, FILE *f, uint64_t bytes);
/* The same line by line, without its end: first audit_start(). */
int audit_start(struct audit *a);
int audit_line(struct audit *a, const char *text, size_t size, enum maillog_kind *kind);
/* The same of a line that was read. example: if it is MAILLOG_UNREAD. */
int audit_take(struct audit *a, const struct maillog_line *line, const char *example);
void audit_sort(struct audit *a);
/* NULL: it is not in the log. */
struct audit_source *audit_find(const struct audit *a, const struct nolist_source *src);
void audit_free(struct audit *a);

#endif
