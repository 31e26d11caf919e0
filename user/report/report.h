/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened in some days, from the history and the evidence: as text for a mail, or as one
 * page of HTML.
 */
#ifndef NOLIST_REPORT_H
#define NOLIST_REPORT_H

#include "user/base/writer.h"
#include "user/judge/judge.h"
#include "user/report/precision.h"
#include "user/store/store.h"

#define REPORT_DAYS_MAX 732
#define REPORT_PARTS 62   /* bars of a chart, at most */
#define REPORT_ORIGINS 10 /* networks */

/* Sources with verified evidence, by what they did; each is counted once. */
enum report_way {
	WAY_WALKED,     /* low fake, then real MX */
	WAY_REAL,       /* real MX only */
	WAY_HIGH_REAL,  /* high fake, and the real MX */
	WAY_HIGH,       /* high fake only */
	REPORT_WAYS
};
extern const char *const report_ways[REPORT_WAYS];

struct report {
	int64_t now, from; /* the latter is where the first part begins */
	int days, part_hours, parts;
	uint64_t part[REPORT_PARTS][STORE_COUNTS]; /* sums; of COUNT_ENTRIES the most */
	uint64_t sum[STORE_COUNTS];
	/* From the evidence, which is at most 35 days old: */
	int evidence_days;
	uint64_t way[REPORT_WAYS], ways;
	uint64_t lost; /* sources whose mail may never arrive: see show.h */
	uint64_t listed;               /* now */
	uint64_t listings, freed;      /* that began in these days; of these, ended by the sender */
	struct precision precision;    /* if there were any listings */
	struct report_origin {
		struct prefix prefix;
		uint64_t listed;
	} origin[REPORT_ORIGINS]; /* networks with most listed sources */
	int origins;
};

/* 0 or -errno, explained by failure_of(). */
int report_gather(struct report *r, struct judge *j, int days);
/* Both write all of it; errors are the writer's. */
void report_text(const struct report *r, struct writer *o);
void report_html(const struct report *r, struct writer *o);

/* For both. */
const char *report_host(char name[256]);
/* "2026-01-02", or with the hour where parts are hours. */
#define REPORT_DATE 20
const char *report_date(const struct report *r, int part, char text[REPORT_DATE]);

#endif
