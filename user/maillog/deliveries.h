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
	uint32_t accepted; /* messages */
	uint32_t rejected; /* lines */
	int64_t last_as_of; /* of its newest delivery; 0: none */
	bool is_listed;     /* these three are for report/audit.c */
	int64_t false_at, since;
};

/* A delivery, one for each source and hour: when it was, and as of when to judge the source. */
struct audit_delivery {
	int64_t at, as_of;
	struct audit_source *source;
};

struct audit {
	/* Set by the caller: */
	int64_t now, from; /* only lines from..now count */

	/* Results; times in seconds since 1970: */
	size_t lines, known;   /* all lines, and those of a known kind */
	size_t odd, outside;   /* lines left out: with two addresses; outside of from..now */
	size_t too_many;       /* lines left out: too many sources or deliveries */
	size_t forgotten;      /* messages whose id was dropped before they were delivered */
	int64_t first, last;   /* times of lines; 0: none */
	struct audit_source **source; /* all, in the order of addresses, after audit_sort() */
	size_t sources;
	struct audit_delivery *delivery; /* the same, in the order of as_of */
	size_t deliveries;

	/* For deliveries.c only: */
	void *tree, *ids;
	struct audit_id **ring;
	size_t ids_next;
	size_t capacity, delivery_capacity;
};

/* Reads all lines; 0 or -errno. audit_free() is always safe. */
int audit_read(struct audit *a, FILE *f);
void audit_sort(struct audit *a);
/* NULL: it is not in the log. */
struct audit_source *audit_find(const struct audit *a, const struct nolist_source *src);
void audit_free(struct audit *a);

#endif
