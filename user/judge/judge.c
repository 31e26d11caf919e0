// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers what a verdict needs: rules from the configuration, the real MX's health and
 * alibis of neighbourhoods from all records, the never-list and the allow lists.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/judge/files.h"
#include "user/judge/judge.h"
#include "user/judge/neverlist.h"
#include "user/judge/tests.h"
#include "user/store/store.h"

static int out_of_memory(void)
{
	return fail(-ENOMEM, "cannot hold the evidence");
}

/* --- allow lists and never-list ---------------------------------------------- */

static int read_allows(struct judge *j, const struct judge_options *o)
{
	int i, error = files_allow(&j->allow, j->conf, &j->files);

	for (i = 0; i < o->allows && !error; i++)
		error = files_add_allow(j->allow, o->allow[i]);
	if (!error && prefix_set_sort(j->allow))
		error = out_of_memory();
	return error;
}

static int start_never(struct judge *j)
{
	int error = neverlist_new(&j->never, j->conf);

	if (error)
		return out_of_memory();
	error = neverlist_add_host(j->never);
	return error ? fail(error, "cannot read this host's own addresses, gateways and resolvers")
		     : 0;
}

static void add_role(struct judge *j, const struct nolist_addr *addr, unsigned int role)
{
	struct site_family *f = &j->site.family[!addr_is_ip4(addr)];

	f->has_low |= role == NOLIST_LOW;
	f->has_real |= role == NOLIST_REAL;
	f->has_high |= role == NOLIST_HIGH;
}

/*
 * The roles of the MX addresses in the loaded program; where nothing is loaded, those of
 * the configuration. The loaded addresses are also never listed.
 */
static int add_roles(struct judge *j)
{
	const struct nolist_slot *mx;
	size_t i, n = evidence_mx(j->evidence, &mx);
	int k, error = 0;

	for (i = 0; i < n && !error; i++) {
		add_role(j, &mx[i].addr, mx[i].role);
		error = neverlist_add_mx(j->never, &mx[i].addr);
	}
	for (k = 0; k < j->conf->mxs && !n; k++)
		add_role(j, &j->conf->mx[k].addr, j->conf->mx[k].role);
	return error || prefix_set_sort(j->never) ? out_of_memory() : 0;
}

static int read_pardons(struct judge *j)
{
	const struct store_pardon *p;
	size_t i, n = evidence_pardons(j->evidence, &p);
	int error = prefix_set_new(&j->pardon);

	for (i = 0; i < n && !error; i++) {
		/*
		 * A pardon stays valid if the clock was set back. A replay (--at) counts only
		 * the pardons that had been made by then.
		 */
		if (p[i].until <= j->now || (j->is_replay && p[i].made > j->now))
			continue;
		error = prefix_set_add_until(j->pardon, &p[i].prefix, "pardon", p[i].until);
	}
	return error || prefix_set_sort(j->pardon) ? out_of_memory() : 0;
}

/* --- what the records say together ------------------------------------------- */

/*
 * When the real MX was seen last. If that was after j->now (--at), or by a test, all sources
 * are walked over for the last time before it.
 */
static int see_real_mx(struct judge *j)
{
	struct record r;
	bool is_asked = false, is_test;
	int f, ret;

	for (f = 0; f < 2; f++) {
		j->site.family[f].real_last = evidence_real_last(j->evidence, f);
		j->site.family[f].data_last = evidence_data_last(j->evidence, f);
		j->site.family[f].is_or_later = evidence_is_looked_up(j->evidence);
		is_asked |= j->site.family[f].real_last > j->now;
	}
	ret = judge_is_test_last(j, &is_test);
	if (ret || (!is_asked && !is_test))
		return ret;
	if (evidence_is_partial(j->evidence))
		return -EAGAIN;
	for (f = 0; f < 2; f++)
		j->site.family[f].real_last = j->site.family[f].data_last = 0;
	ret = evidence_start(j->evidence, EVIDENCE_ALL);
	while (!ret && (ret = evidence_next(j->evidence, &r)) > 0) {
		if (!judge_is_test(j, &r.src))
			site_add(&j->site, &r, j->now);
		ret = 0;
	}
	return ret;
}

int judge_open(struct judge *j, const struct judge_options *o)
{
	int error;

	*j = (struct judge){
		.conf = o->conf,
		.rules = o->conf->rules,
		.state_dir = o->state_dir,
		.now = o->at ? o->at : time(NULL),
		.is_replay = o->at,
		.files = { .state_dir = o->state_dir, .is_keeping = o->is_keeping },
	};
	j->site.is_unseen_accepted = j->conf->is_unseen_accepted;
	j->site.is_dual_accepted = j->conf->is_dual_accepted;
	j->site.is_pipelined_accepted = j->conf->is_pipelined_accepted;
	j->site.is_replay = j->is_replay;
	error = read_allows(j, o);
	if (!error && judge_read_tests(j))
		error = out_of_memory();
	if (!error)
		error = judge_read_providers(j);
	return error ? error : start_never(j);
}

int judge_ranges(const struct judge *j, const struct nolist_source *src, struct ranges *to)
{
	struct prefix own = source_prefix(src), around = neighbours_prefix(src, &j->rules);
	int i, set = providers_find(j->providers, src), error = ranges_add(to, &own);

	if (!error)
		error = ranges_add(to, &around);
	if (!error && set >= 0)
		error = providers_ranges(j->providers, set, to);
	for (i = 0; i < j->conf->test_sources && !error; i++)
		error = ranges_add(to, &j->conf->test_source[i]);
	ranges_sort(to);
	return error;
}

/* Back to before judge_take(). */
static void give_back(struct judge *j)
{
	evidence_free(j->evidence);
	j->evidence = NULL;
	site_free(&j->site);
}

static int see_site(struct judge *j)
{
	int error;

	site_take(&j->site, j->evidence);
	error = see_real_mx(j);
	if (!error && site_ready(&j->site, &j->rules, j->now))
		error = out_of_memory();
	return error;
}

int judge_take(struct judge *j, struct evidence *evidence)
{
	int error;

	j->evidence = evidence;
	error = see_site(j);
	if (error == -EAGAIN)
		give_back(j);
	if (!error)
		error = add_roles(j);
	if (!error)
		error = read_pardons(j);
	return error ? error : judge_find_groups(j);
}

int judge_take_own(struct judge *j, struct evidence *own)
{
	j->evidence = own;
	return read_pardons(j);
}

int judge_take_given(struct judge *j, const struct judge_given *given)
{
	j->given = given;
	return add_roles(j);
}

void judge_close(struct judge *j)
{
	evidence_free(j->evidence);
	ranges_free(&j->only);
	prefix_set_free(j->never);
	prefix_set_free(j->allow);
	site_free(&j->site);
	prefix_set_free(j->pardon);
	prefix_set_free(j->tests);
	providers_free(j->providers);
	free(j->provider);
	free(j->group);
	memset(j, 0, sizeof(*j));
}

/* --- one source -------------------------------------------------------------- */

const struct prefix_entry *judge_pardon(const struct judge *j, const struct nolist_source *src)
{
	return prefix_set_find(j->pardon, src);
}

void judge_settle(const struct judge *j, const struct site *site, struct judged *of)
{
	const struct prefix_entry *pardon = judge_pardon(j, &of->r.src);

	of->pardoned_until = pardon ? pardon->until : 0;
	of->hold = hold_of(&of->v, site, j->now);
	if (judge_is_test(j, &of->r.src)) {
		of->v.is = JUDGED_TEST;
		of->v.since = of->v.until = 0;
		of->hold = HOLD_NONE;
		return;
	}
	/* A held source that is already listed stays listed: it needs these checks as well. */
	if (!verdict_is_listed(&of->v, true) && of->hold == HOLD_NONE)
		return;
	if (prefix_set_find(j->never, &of->r.src))
		of->v.is = JUDGED_NEVER;
	else if (prefix_set_find(j->allow, &of->r.src))
		of->v.is = JUDGED_ALLOWED;
	else if (pardon)
		of->v.is = JUDGED_PARDONED;
	else
		return;
	of->hold = HOLD_NONE;
}

static void judge_record(const struct judge *j, struct judged *of)
{
	judge_neighbours(j, of);
	verdict_of(&of->r, of->n.count ? &of->n : NULL, &j->site, &j->rules, j->now, &of->v);
	judge_settle(j, &j->site, of);
}

_Static_assert(!offsetof(struct judged, r) && sizeof(struct judged) % 8 == 0, "begins with the record");

/* Two threads do this at the same time: nothing but the item is changed. */
static void judge_item(void *arg, void *item)
{
	struct judged *of = item;

	of->origin = NULL;
	judge_record(arg, of);
}

void judge_start(struct judge *j, enum evidence_kind kind)
{
	const struct evidence_work work = { sizeof(struct judged), judge_item, j };

	j->error = 0;
	if (j->given)
		j->given->start(j->given->arg);
	else
		j->error = evidence_start_work(j->evidence, kind, &work);
}

const struct judged *judge_next_of(struct judge *j, struct judged *room)
{
	const void *item = NULL;
	int ret;

	if (j->given)
		return j->given->next(j->given->arg, room) ? room : NULL;
	ret = j->error ? j->error : evidence_next_item(j->evidence, &item);
	if (ret <= 0)
		j->error = ret;
	return item;
}

bool judge_next(struct judge *j, struct judged *of)
{
	const struct judged *next = judge_next_of(j, of);

	if (next && next != of)
		*of = *next;
	return next;
}

void judge_start_records(struct judge *j, enum evidence_kind kind)
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

int judge_end(struct judge *j)
{
	return j->error;
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
