/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the records of the tables into the store, and frees idle records in a full table.
 */
#ifndef NOLIST_COLLECT_H
#define NOLIST_COLLECT_H

#include <stddef.h>
#include <stdint.h>

struct kern;
struct snapshot;
struct snapshot_stats;
struct store;

struct collected {
	size_t sources; /* sources in the tables */
	size_t changed; /* of these, sources with new evidence */
	size_t freed;   /* of these, records that were freed in the kernel */
};

/*
 * Creates the store in state_dir if there is none, and keeps it below bytes_max. 0 or
 * -errno, explained by failure_of().
 */
int collect(const char *pin_dir, const char *state_dir, uint64_t bytes_max, struct collected *done);
/*
 * A part of it: what the policy service was asked since then (policy/visits.h), in the transaction that
 * was begun.
 */
int collect_visits(struct store *s, const char *state_dir, int64_t now);
/* A part of it: stores when evidence of an epoch was lost. */
int collect_gaps(struct store *s, int id, const struct snapshot_stats *stats);

/* Sources in the tables, as they are counted while they are read. */
struct collect_fill {
	uint64_t contacts, verified;
};

/* Another: how full the tables are. */
int collect_fill(struct store *s, const struct kern *k, const struct snapshot *tables,
		 const struct collect_fill *fill);

#endif
