/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a real MX's log says of each source: whether mail was accepted, and when,
 * or only refused. Bounded, whatever the log holds; envelopes are never kept.
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
	bool is_listed;    /* these three are for the command */
	int64_t false_at, since;
};

/* Once for each source and hour: it delivered at a time, and is judged as of another. */
struct audit_delivery {
	int64_t at, as_of;
	struct audit_source *source;
};

struct audit {
	/* Given. */
	int64_t now, from; /* lines out of this are left out */

	/* Found. */
	size_t lines, known;   /* all, and those that we know */
	size_t odd, outside;   /* left out: for two addresses, for their time */
	size_t too_many;       /* left out: more sources or deliveries than there is room for */
	size_t forgotten;      /* messages that were let go before they were delivered */
	int64_t first, last;   /* times of lines; 0: none */
	struct audit_source **source; /* all, in the order of addresses, after audit_sort() */
	size_t sources;
	struct audit_delivery *delivery; /* the same, in the order of as_of */
	size_t deliveries;

	/* Kept by deliveries.c. */
	void *tree, *ids;
	struct audit_id **ring;
	size_t ids_next;
	size_t capacity, delivery_capacity;
};

/* 0 or -errno; audit_free() is always safe. */
int audit_read(struct audit *a, FILE *f);
void audit_sort(struct audit *a);
/* NULL: the log has nothing of it. */
struct audit_source *audit_find(const struct audit *a, const struct nolist_source *src);
void audit_free(struct audit *a);

#endif
