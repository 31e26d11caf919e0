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

#include "user/cmd/cmd.h"
#include "user/judge/files.h"
#include "user/judge/judge.h"
#include "user/kernel/kern.h"
#include "user/base/log.h"
#include "user/snapshot/snapshot.h"
#include "user/store/store.h"

static int out_of_memory(void)
{
	err(ENOMEM, "cannot hold the evidence");
	return EXIT_FAILED;
}

/* --- allow lists and never-list ---------------------------------------------- */

static int read_allows(struct judge *j, const struct judge_options *o)
{
	int i, status;

	status = files_allow(&j->allow, &j->conf);
	for (i = 0; i < o->allows && !status; i++)
		status = files_add_allow(j->allow, o->allow[i]);
	if (!status && never_sort(j->allow))
		return out_of_memory();
	return status;
}

static int take_out(struct judge *j)
{
	int i;

	/* config/keys.c has looked whether they can be. */
	for (i = 0; i < j->conf.never_excepts; i++)
		if (never_except(j->never, &j->conf.never_except[i]))
			return out_of_memory();
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

/* Where nothing is loaded, the configuration tells who is who. */
static void add_conf(struct judge *j)
{
	int i;

	for (i = 0; i < j->conf.mxs; i++) {
		struct site_family *f = &j->site.family[!addr_is_ip4(&j->conf.mx[i].addr)];

		f->has_low |= j->conf.mx[i].role == NOLIST_LOW;
		f->has_real |= j->conf.mx[i].role == NOLIST_REAL;
		f->has_high |= j->conf.mx[i].role == NOLIST_HIGH;
	}
}

static int read_tables(struct judge *j, struct snapshot **tables)
{
	struct kern *k = NULL;
	int error;

	*tables = NULL;
	error = kern_open(&k, options.pin_dir);
	if (error == -ENOENT)
		return error;
	if (!error)
		error = add_configs(j, k);
	if (!error)
		error = snapshot_read(tables, k);
	kern_close(k);
	if (error)
		cmd_failed(error);
	return error;
}

static int add_pardon(const struct store_pardon *p, void *arg)
{
	struct judge *j = arg;

	/* A clock that was set back makes no pardon void; to tell of then, it must have been made. */
	if (p->until <= j->now || (j->is_replay && p->made > j->now))
		return 0;
	return never_add_until(j->pardon, &p->prefix, "pardon", p->until);
}

static int read_pardons(struct judge *j, struct store *store)
{
	int error;

	if (never_new(&j->pardon))
		return out_of_memory();
	error = store ? store_each_pardon(store, add_pardon, j) : 0;
	if (error)
		return error == -ENOMEM ? out_of_memory() : cmd_failed(error);
	return never_sort(j->pardon) ? out_of_memory() : EXIT_DONE;
}

static int open_evidence(struct judge *j)
{
	const struct store_life *lives;
	struct snapshot *tables;
	struct store *store = NULL;
	int error, stored, status;

	error = read_tables(j, &tables);
	if (error && error != -ENOENT)
		return EXIT_FAILED;
	/* After the tables: what a collect frees there meanwhile is here. */
	stored = store_open(&store, options.state_dir, STORE_READ);
	if (stored && stored != -ENOENT) {
		snapshot_free(tables);
		return cmd_failed(stored);
	}
	/* A store that has pardons only knows of no tables. */
	if (error && (stored || !store_lives(store, &lives))) {
		store_close(store);
		return cmd_failed(error);
	}
	status = read_pardons(j, store);
	if (status) {
		snapshot_free(tables);
		store_close(store);
		return status;
	}
	j->has_store = !stored;
	if (error)
		add_conf(j);
	error = evidence_new(&j->evidence, tables, store);
	if (error == -ENOMEM)
		return out_of_memory();
	return error ? cmd_failed(error) : EXIT_DONE;
}

/* --- what the records say together ------------------------------------------- */

/* Who was seen at the real MX, and when; as of an earlier time each is asked. */
static int see_real_mx(struct judge *j)
{
	struct record r;
	bool is_asked = false;
	int f, ret;

	for (f = 0; f < 2; f++) {
		j->site.family[f].real_last = evidence_real_last(j->evidence, f);
		j->site.family[f].data_last = evidence_data_last(j->evidence, f);
		is_asked |= j->site.family[f].real_last > j->now;
	}
	if (!is_asked)
		return EXIT_DONE;
	for (f = 0; f < 2; f++)
		j->site.family[f].real_last = j->site.family[f].data_last = 0;
	ret = evidence_start(j->evidence, EVIDENCE_ALL);
	while (!ret && (ret = evidence_next(j->evidence, &r)) > 0) {
		site_add(&j->site, &r, j->now);
		ret = 0;
	}
	return ret ? cmd_failed(ret) : EXIT_DONE;
}

int judge_open(struct judge *j, const struct judge_options *o)
{
	int status, f;

	memset(j, 0, sizeof(*j));
	j->now = time(NULL);
	if (o->at && report_time_parse(o->at, &j->now)) {
		errx("'%s' is not a time", o->at);
		hint("seconds since 1970, or 2026-01-02T03:04:05Z");
		return EXIT_USAGE;
	}
	j->is_replay = o->at;
	status = conf_open(&j->conf, o->conf);
	if (status)
		return status;
	j->rules = j->conf.rules;
	j->site.is_unseen_accepted = j->conf.is_unseen_accepted;
	j->site.is_dual_accepted = j->conf.is_dual_accepted;
	j->site.is_replay = j->is_replay;
	status = read_allows(j, o);
	if (!status)
		status = judge_read_providers(j);
	if (!status)
		status = start_never(j);
	if (!status)
		status = open_evidence(j);
	if (!status && never_sort(j->never))
		status = out_of_memory();
	if (status)
		return status;
	j->site.losts = evidence_losses(j->evidence, &j->site.lost);
	j->site.n_acks = evidence_acks(j->evidence, &j->site.acks);
	j->site.changes = evidence_changes(j->evidence, &j->site.change);
	for (f = 0; f < 2; f++)
		j->site.family[f].hours = evidence_real(j->evidence, f, &j->site.family[f].hour);
	status = see_real_mx(j);
	if (!status && site_ready(&j->site, &j->rules, j->now))
		status = out_of_memory();
	return status ? status : judge_find_groups(j);
}

void judge_close(struct judge *j)
{
	conf_free(&j->conf);
	evidence_free(j->evidence);
	never_free(j->never);
	never_free(j->allow);
	site_free(&j->site);
	never_free(j->pardon);
	providers_free(j->providers);
	free(j->provider);
	free(j->group);
	memset(j, 0, sizeof(*j));
}

/* --- one source -------------------------------------------------------------- */

static void judge_record(const struct judge *j, struct judged *of)
{
	const struct never_entry *pardon = never_find(j->pardon, &of->r.src);

	of->pardoned_until = pardon ? pardon->until : 0;
	judge_neighbours(j, of);
	verdict_of(&of->r, of->n.count ? &of->n : NULL, &j->site, &j->rules, j->now, &of->v);
	of->fuse = fuse_of(&of->v, &j->site, j->now);
	/* Who is held back stays on a list that has him. */
	if (!verdict_is_listed(&of->v, true) && of->fuse == FUSE_NONE)
		return;
	if (never_find(j->never, &of->r.src))
		of->v.is = JUDGED_NEVER;
	else if (never_find(j->allow, &of->r.src))
		of->v.is = JUDGED_ALLOWED;
	else if (pardon)
		of->v.is = JUDGED_PARDONED;
	else
		return;
	of->fuse = FUSE_NONE;
}

void judge_start(struct judge *j, enum evidence_kind kind)
{
	j->error = evidence_start(j->evidence, kind);
}

bool judge_next_record(struct judge *j, struct record *r)
{
	int ret = j->error ? j->error : evidence_next(j->evidence, r);

	if (ret <= 0)
		j->error = ret;
	return ret > 0;
}

bool judge_next(struct judge *j, struct judged *of)
{
	bool is_there = judge_next_record(j, &of->r);

	if (is_there)
		judge_record(j, of);
	return is_there;
}

int judge_end(struct judge *j)
{
	return j->error ? cmd_failed(j->error) : EXIT_DONE;
}

bool judge_find(struct judge *j, const struct nolist_source *src, struct judged *of)
{
	int ret = evidence_find(j->evidence, src, &of->r);

	if (ret <= 0)
		of->r = (struct record){ .src = *src };
	if (ret < 0)
		j->error = ret;
	judge_record(j, of);
	return ret > 0;
}

bool judge_is_seen(const struct judge *j, int family)
{
	return site_is_seen(&j->site, &j->rules, family, j->now);
}
