/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the metrics share: metrics.c has most families, metrics_tenants.c those of tenants,
 * metrics_format.c the two formats. Only these files include this header.
 */
#ifndef NOLIST_METRICS_PRIVATE_H
#define NOLIST_METRICS_PRIVATE_H

#include "user/kernel/kern.h"
#include "user/report/metrics.h"
#include "user/store/store.h"

struct metrics {
	struct writer *o;
	bool is_open; /* OpenMetrics */
	const char *family;
	bool is_counter;
	const struct conf *conf;
	int64_t now;
	struct kern *k; /* NULL: nothing is attached or pinned */
	const char *pin_dir;
	struct nolist_stats stats;
	struct nolist_config config; /* scratch */
	struct store *store;         /* NULL: there is none */
};

/* Begins a family of this type: counter, gauge or info. */
void metrics_head(struct metrics *m, const char *name, const char *type, const char *help);

/* One sample. Labels are pairs of name and value, up to the first name that is NULL. */
struct label {
	const char *name, *value;
};
#define LABELS(...) ((const struct label[]){ __VA_ARGS__, {} })
#define NO_LABEL ((const struct label[]){ {} })

void metrics_sample(struct metrics *m, const char *suffix, const struct label *l, int64_t number);

void metrics_tenants(struct metrics *m);

#endif
