// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers a report: counts by the day from the history, and what sources did from the evidence.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/report/report.h"
#include "user/report/show.h"

#define EVIDENCE_DAYS 35

const char *const report_ways[REPORT_WAYS] = {
	[WAY_WALKED] = "low fake, then real MX",
	[WAY_REAL] = "real MX only",
	[WAY_HIGH_REAL] = "high fake and real MX",
	[WAY_HIGH] = "high fake only",
};

const char *report_host(char name[256])
{
	if (gethostname(name, 256))
		strcpy(name, "this host");
	name[255] = '\0';
	return name;
}

const char *report_date(const struct report *r, int part, char text[REPORT_DATE])
{
	char time[TEXT_TIME];

	text_time(r->from + (int64_t)part * r->part_hours * HOUR_S, time);
	snprintf(text, REPORT_DATE, "%.*s", r->part_hours < 24 ? 16 : 10, time);
	return text;
}

/* --- the history -------------------------------------------------------------------- */

/* Parts are hours, days, or one or two weeks; the last one is not over. */
static void set_parts(struct report *r, int days)
{
	int64_t hours = days * 24, end;

	r->days = days;
	r->part_hours = days <= 2 ? 1 : days <= REPORT_PARTS ? 24 : days <= 7 * REPORT_PARTS ? 168 : 336;
	r->parts = (hours + r->part_hours - 1) / r->part_hours;
	end = r->part_hours == 1 ? r->now / HOUR_S + 1 : (r->now / DAY_S + 1) * 24;
	r->from = (end - (int64_t)r->parts * r->part_hours) * HOUR_S;
}

static int on_count(enum store_count kind, int64_t hour, uint64_t count, void *arg)
{
	struct report *r = arg;
	uint64_t *part = &r->part[(hour - r->from / HOUR_S) / r->part_hours][kind];

	if (kind == COUNT_ENTRIES) {
		*part = count > *part ? count : *part;
		r->sum[kind] = count; /* the latest */
	} else {
		*part += count;
		r->sum[kind] += count;
	}
	return 0;
}

static int read_history(struct report *r, const char *state_dir)
{
	struct store *s = NULL;
	int64_t from = r->from / HOUR_S;
	int error = store_open(&s, state_dir, STORE_READ);

	if (!error)
		error = store_each_count(s, from, from + r->parts * r->part_hours - 1, on_count, r);
	store_close(s);
	return error == -ENOENT ? 0 : error;
}

/* --- the evidence -------------------------------------------------------------------- */

static void add_way(struct report *r, const struct record *of, int64_t from)
{
	bool is_high = of->talk.last >= from, is_real = of->data.last >= from;
	enum report_way way = of->walk.last >= from ? WAY_WALKED :
			      is_real && !is_high   ? WAY_REAL :
			      is_real		    ? WAY_HIGH_REAL :
						      WAY_HIGH;

	if (way == WAY_HIGH && !is_high)
		return;
	r->way[way]++;
	r->ways++;
}

/* Keeps those with most; a network's sources follow each other in the walk. */
static void add_origin(struct report *r, const struct report_origin *new)
{
	int i;

	if (!new->listed)
		return;
	if (r->origins < REPORT_ORIGINS)
		r->origins++;
	else if (r->origin[REPORT_ORIGINS - 1].listed >= new->listed)
		return;
	for (i = r->origins - 1; i && r->origin[i - 1].listed < new->listed; i--)
		r->origin[i] = r->origin[i - 1];
	r->origin[i] = *new;
}

static void add_listed(struct report *r, const struct judged *of, const struct rules *rules,
		       struct report_origin *net)
{
	struct prefix p = neighbours_prefix(&of->r.src, rules);

	r->listed++;
	if (addr_compare(&p.addr, &net->prefix.addr) || p.len != net->prefix.len) {
		add_origin(r, net);
		*net = (struct report_origin){ .prefix = p };
	}
	net->listed++;
}

static int read_evidence(struct report *r, struct judge *j)
{
	int64_t from;
	struct report_origin net = {};
	struct judged of;

	r->evidence_days = r->days < EVIDENCE_DAYS ? r->days : EVIDENCE_DAYS;
	from = r->now - r->evidence_days * (int64_t)DAY_S;
	judge_start(j, EVIDENCE_VERIFIED);
	while (judge_next(j, &of)) {
		bool is_listed = of.hold == HOLD_NONE && verdict_is_listed(&of.v, false);
		bool is_freed = of.v.freed >= from && of.v.freed;

		add_way(r, &of.r, from);
		if (is_listed)
			add_listed(r, &of, &j->rules, &net);
		r->freed += is_freed;
		r->listings += is_freed || (is_listed && of.v.since >= from);
	}
	add_origin(r, &net);
	if (r->listings)
		r->precision = precision_of(r->listings - r->freed, r->listings);
	return judge_end(j);
}

/* Sources without verified evidence, too. */
static int read_lost(struct report *r, struct judge *j)
{
	int64_t from = r->now - r->evidence_days * (int64_t)DAY_S;
	struct record of;

	judge_start_records(j, EVIDENCE_ALL);
	while (judge_next_record(j, &of))
		r->lost += of.low.when.last >= from && show_is_lost(&of);
	return judge_end(j);
}

int report_gather(struct report *r, struct judge *j, int days)
{
	int error;

	*r = (struct report){ .now = j->now };
	set_parts(r, days);
	error = read_history(r, j->state_dir);
	if (!error)
		error = read_evidence(r, j);
	return error ? error : read_lost(r, j);
}
