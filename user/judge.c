// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers what a verdict needs: rules from the configuration, records from the
 * tables, the real MX's health from all records, alibis of neighbourhoods, the
 * never-list and the allow lists.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "judge.h"
#include "kern.h"
#include "log.h"

#define NS 1000000000ll

static int out_of_memory(void)
{
	err(ENOMEM, "cannot hold the evidence");
	return EXIT_FAILED;
}

/* --- allow lists and never-list ---------------------------------------------- */

static int read_allow(struct judge *j, const char *file)
{
	unsigned int line;
	int error = never_add_file(j->allow, file, &line);

	if (!error)
		return EXIT_DONE;
	if (line)
		errx("%s:%u: not an address or a prefix without host bits", file, line);
	else
		err(error, "cannot read '%s'", file);
	return error == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

static int read_allows(struct judge *j, const struct judge_options *o)
{
	int i, status = EXIT_DONE;

	if (never_new(&j->allow))
		return out_of_memory();
	for (i = 0; i < j->conf.allows && !status; i++)
		status = read_allow(j, j->conf.allow[i]);
	for (i = 0; i < o->allows && !status; i++)
		status = read_allow(j, o->allow[i]);
	if (!status && never_sort(j->allow))
		return out_of_memory();
	return status;
}

static int take_out(struct judge *j)
{
	char text[ADDR_TEXT];
	int i, error;

	for (i = 0; i < j->conf.never_excepts; i++) {
		error = never_except(j->never, &j->conf.never_except[i]);
		if (error == -EINVAL) {
			errx("never-list-except: '%s' is not for labs",
			     prefix_text(&j->conf.never_except[i], text));
			hint("only what is documentation, benchmarking, private or unique local");
			return EXIT_USAGE;
		}
		if (error)
			return out_of_memory();
	}
	return EXIT_DONE;
}

static int add_mx(struct never *n, const struct nolist_addr *addr)
{
	struct prefix p = { .addr = *addr, .len = 128 };

	return never_add(n, &p, "configured mail exchanger, or address of its host");
}

static int start_never(struct judge *j)
{
	int i, error, status;

	error = never_new(&j->never);
	if (!error)
		error = never_add_builtin(j->never);
	for (i = 0; i < j->conf.mxs && !error; i++)
		error = add_mx(j->never, &j->conf.mx[i].addr);
	if (error)
		return out_of_memory();
	status = take_out(j);
	if (status)
		return status;
	error = never_add_host(j->never);
	if (error)
		err(error, "cannot learn this host's own addresses, gateways and resolvers");
	return error ? EXIT_FAILED : EXIT_DONE;
}

/* --- the tables -------------------------------------------------------------- */

/* MX addresses that the program works with: they are ours, and say who is seen. */
static int add_config(struct judge *j, const struct nolist_config *c)
{
	struct site_family *f;
	int i, error = 0;

	for (i = 0; i < NOLIST_SLOTS && !error; i++) {
		const struct nolist_slot *s = &c->slot[i];

		if (s->role == NOLIST_NONE)
			continue;
		f = &j->site.family[!addr_is_ip4(&s->addr)];
		f->has_low |= s->role == NOLIST_LOW;
		f->has_real |= s->role == NOLIST_REAL;
		f->has_high |= s->role == NOLIST_HIGH;
		error = add_mx(j->never, &s->addr);
	}
	return error;
}

static int add_configs(struct judge *j, const struct kern *k)
{
	struct nolist_config *c = malloc(sizeof(*c));
	int i, error = c ? 0 : -ENOMEM;

	for (i = 0; i < kern_sets(k) && !error; i++) {
		error = kern_config(k, i, c);
		if (!error)
			error = add_config(j, c);
		else if (error == -ENOENT)
			error = 0;
	}
	free(c);
	return error;
}

struct reading {
	struct evidence *evidence;
	int64_t wall_s;
};

static int on_record(const struct nolist_source *src, const struct nolist_claims *claims,
		     const struct nolist_proofs *proofs, void *arg)
{
	struct reading *r = arg;

	return evidence_add(r->evidence, src, claims, proofs, r->wall_s);
}

static struct site_bad_acks bad_acks(const struct nolist_bad_acks *b, int64_t wall_s)
{
	struct site_bad_acks of = { .count = b->count };

	if (b->hour)
		of.start = (int64_t)(b->hour - 1) * HOUR_S + wall_s;
	return of;
}

static int read_tables(struct judge *j, const struct kern *k)
{
	long long offset = kern_clock_offset();
	/* Rounded down: what just happened must not lie in the future. */
	struct reading r = { .wall_s = offset / NS - (offset % NS < 0) };
	struct nolist_stats stats;
	int i, error;

	error = kern_stats(k, &stats);
	if (error)
		return error;
	for (i = 0; i < NOLIST_HOURS; i++)
		j->site.bad_acks[i] = bad_acks(&stats.bad_acks[i], r.wall_s);
	if (stats.proofs_lost)
		j->site.lost_last = (int64_t)(stats.proofs_lost_ns / NS) + r.wall_s;
	error = add_configs(j, k);
	if (error)
		return error;
	error = evidence_new(&j->evidence);
	if (error)
		return error;
	r.evidence = j->evidence;
	error = kern_each(k, on_record, &r);
	return error ? error : evidence_sort(j->evidence);
}

static int open_tables(struct judge *j)
{
	struct kern *k = NULL;
	int error;

	error = kern_open(&k, options.pin_dir);
	if (!error) {
		error = read_tables(j, k);
		kern_close(k);
	}
	if (!error)
		return EXIT_DONE;
	return cmd_failed(error);
}

/* --- what the records say together ------------------------------------------- */

static int keep_group(struct judge *j, const struct judge_group *g)
{
	struct judge_group *grown;

	if (!g->n.count)
		return 0;
	if (!(j->groups & (j->groups - 1))) {
		grown = reallocarray(j->group, j->groups ? 2 * j->groups : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		j->group = grown;
	}
	j->group[j->groups++] = *g;
	return 0;
}

static int find_groups(struct judge *j)
{
	struct judge_group g = {};
	struct prefix around = {};
	struct record r;
	size_t i;

	for (i = 0; i < judge_count(j); i++) {
		evidence_get(j->evidence, i, &r);
		site_add(&j->site, &r, j->now);
		if (!i || !prefix_has(&around, &r.src.addr)) {
			if (keep_group(j, &g))
				return out_of_memory();
			around = neighbours_prefix(&r.src, &j->rules);
			g = (struct judge_group){ .from = i };
		}
		g.to = i + 1;
		neighbours_add(&g.n, &r, &j->site, &j->rules, j->now);
	}
	return keep_group(j, &g) ? out_of_memory() : EXIT_DONE;
}

int judge_open(struct judge *j, const struct judge_options *o)
{
	int status;

	memset(j, 0, sizeof(*j));
	j->now = time(NULL);
	if (o->at && report_time_parse(o->at, &j->now)) {
		errx("'%s' is not a time", o->at);
		hint("seconds since 1970, or 2026-01-02T03:04:05Z");
		return EXIT_USAGE;
	}
	status = conf_open(&j->conf, o->conf);
	if (status)
		return status;
	j->rules = j->conf.rules;
	j->site.is_unseen_accepted = j->conf.is_unseen_accepted;
	status = read_allows(j, o);
	if (!status)
		status = start_never(j);
	if (!status)
		status = open_tables(j);
	if (!status && never_sort(j->never))
		status = out_of_memory();
	return status ? status : find_groups(j);
}

void judge_close(struct judge *j)
{
	conf_free(&j->conf);
	evidence_free(j->evidence);
	never_free(j->never);
	never_free(j->allow);
	free(j->group);
	memset(j, 0, sizeof(*j));
}

/* --- one source -------------------------------------------------------------- */

size_t judge_count(const struct judge *j)
{
	return evidence_count(j->evidence);
}

/* The neighbourhood that holds the i-th source, or would hold one before it. */
static const struct judge_group *group_at(const struct judge *j, size_t i)
{
	size_t from = 0, to = j->groups;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (j->group[mid].to <= i)
			from = mid + 1;
		else
			to = mid;
	}
	return from < j->groups ? &j->group[from] : NULL;
}

static void judge_record(const struct judge *j, struct judged *of)
{
	verdict_of(&of->r, of->n.count ? &of->n : NULL, &j->site, &j->rules, j->now, &of->v);
	if (!verdict_is_listed(&of->v, true))
		return;
	if (never_find(j->never, &of->r.src))
		of->v.is = JUDGED_NEVER;
	else if (never_find(j->allow, &of->r.src))
		of->v.is = JUDGED_ALLOWED;
}

void judge_get(const struct judge *j, size_t i, struct judged *of)
{
	const struct judge_group *g = group_at(j, i);

	evidence_get(j->evidence, i, &of->r);
	memset(&of->n, 0, sizeof(of->n));
	if (g && g->from <= i)
		of->n = g->n;
	judge_record(j, of);
}

void judge_find(const struct judge *j, const struct nolist_source *src, struct judged *of)
{
	ssize_t i = evidence_find(j->evidence, src);

	if (i >= 0) {
		judge_get(j, i, of);
		return;
	}
	memset(of, 0, sizeof(*of));
	of->r.src = *src;
	judge_record(j, of);
}

bool judge_is_seen(const struct judge *j, int family)
{
	const struct site_family *f = &j->site.family[family];

	return f->has_real && f->real_last && j->now - f->real_last <= j->rules.real_seen_s;
}
