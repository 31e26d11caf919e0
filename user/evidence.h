/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of each source, as user space sees it: the records of all map
 * sets, merged and sorted by source, their times turned into UTC seconds.
 *
 * Kept small, so that a million sources fit: unpacked one by one as struct
 * record, which is all that the rest of user/ knows of evidence.
 */
#ifndef NOLIST_EVIDENCE_H
#define NOLIST_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "bpf/abi.h"

/* When a source did something, in seconds since 1970; all zero: never. */
struct span {
	int64_t first;
	int64_t last;
};

/* Segments that open a connection to one role. */
struct contact {
	struct span when;
	uint32_t opens;
};

/* What was proven at the high fakes in one hour; meanings as in struct nolist_hour. */
struct hour {
	uint32_t start; /* its first second */
	uint16_t strong;
	uint16_t weak;
	uint16_t told_weak;
	uint16_t quit;
	uint16_t closed;
	uint16_t early;
	uint16_t piped;
	uint16_t not_smtp;
	uint16_t starttls;
};

#define HOUR_S 3600

struct record {
	struct nolist_source src;
	/* Claimed: anyone can forge these. */
	struct contact low;
	struct contact real;
	struct contact high;
	/* Proven. */
	struct span data;        /* data on established connections to the real MX */
	uint32_t data_count;     /* connections that carried it */
	struct span talk;        /* dialogues at the high fakes */
	uint32_t talk_hours;     /* distinct hours with dialogues, also those below */
	uint32_t bad_acks;       /* acknowledgements that were not ours */
	const struct hour *hour; /* the last such hours, ascending */
	unsigned int hours;
};

struct evidence;

/* All return 0 or -ENOMEM; evidence_free() is safe on NULL. */
int evidence_new(struct evidence **ep);
void evidence_free(struct evidence *e);

/*
 * Adds what one table says of a source. wall_s: UTC minus the table's clock, in
 * seconds. Each table counts other frames, so counts of one source add up.
 */
int evidence_add(struct evidence *e, const struct nolist_source *src,
		 const struct nolist_claims *claims, const struct nolist_proofs *proofs,
		 int64_t wall_s);
/* Merges and sorts; to be called once, before what follows. */
int evidence_sort(struct evidence *e);

size_t evidence_count(const struct evidence *e);
/* The i-th source, in the order of addr_compare(); r->hour lives as long as e. */
void evidence_get(const struct evidence *e, size_t i, struct record *r);
/* Index of a source, or -1. */
ssize_t evidence_find(const struct evidence *e, const struct nolist_source *src);

#endif
