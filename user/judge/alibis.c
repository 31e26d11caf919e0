// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alibis that a source can have from others: from the addresses around it, and from the
 * provider whose set of networks it is in. Gathered once, from the sources that sent data
 * to the real MX; these are few.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/judge/files.h"
#include "user/judge/judge.h"
#include "user/judge/tests.h"

static int out_of_memory(void)
{
	return fail(-ENOMEM, "cannot hold the alibis");
}

/* --- providers ----------------------------------------------------------------- */

int judge_read_providers(struct judge *j)
{
	int error = files_providers(&j->providers, j->conf, &j->files);

	if (error)
		return error;
	j->provider = calloc(providers_count(j->providers) + 1, sizeof(*j->provider));
	return j->provider ? 0 : out_of_memory();
}

static void add_to_set(struct judge *j, const struct record *r)
{
	int set = providers_find(j->providers, &r->src);

	if (set >= 0)
		provider_add(&j->provider[set], r, &j->site, j->now);
}

/* Is there a set that sent data, but none of whose data senders was at the low fake? */
static bool wants_low(const struct judge *j)
{
	int i;

	for (i = 0; i < providers_count(j->providers); i++)
		if (j->provider[i].n.count && !provider_has_alibi(&j->provider[i], &j->rules))
			return true;
	return false;
}

/* Other addresses of the set may have been there: this walks over all sources, which is slow. */
static int find_lows(struct judge *j)
{
	struct record r;
	int ret = evidence_start(j->evidence, EVIDENCE_ALL);

	while (!ret && (ret = evidence_next(j->evidence, &r)) > 0) {
		ret = 0;
		/* judge_find_groups() has added the sources that sent data. */
		if (r.data.first || !r.low.when.first || judge_is_test(j, &r.src))
			continue;
		add_to_set(j, &r);
	}
	return ret;
}

/* --- neighbourhoods -------------------------------------------------------------- */

static int keep_group(struct judge *j, const struct judge_group *g)
{
	if (!g->n.count)
		return 0;
	if (array_grow(&j->group, j->groups, sizeof(*j->group)))
		return -ENOMEM;
	j->group[j->groups++] = *g;
	return 0;
}

int judge_find_groups(struct judge *j)
{
	struct judge_group g = {};
	struct prefix around;
	struct record r;
	int ret;

	ret = evidence_start(j->evidence, EVIDENCE_DATA);
	while (!ret && (ret = evidence_next(j->evidence, &r)) > 0) {
		ret = 0;
		if (judge_is_test(j, &r.src))
			continue;
		around = neighbours_prefix(&r.src, &j->rules);
		if (addr_compare(&around.addr, &g.addr)) {
			if (keep_group(j, &g))
				return out_of_memory();
			g = (struct judge_group){ .addr = around.addr };
		}
		neighbours_add(&g.n, &r, &j->site, &j->rules, j->now);
		add_to_set(j, &r);
	}
	if (!ret && wants_low(j))
		ret = find_lows(j);
	if (ret)
		return ret;
	return keep_group(j, &g) ? out_of_memory() : 0;
}

static const struct neighbours *around(const struct judge *j, const struct nolist_source *src)
{
	size_t from = 0, to = j->groups;
	struct prefix p;

	if (!to)
		return NULL;
	p = neighbours_prefix(src, &j->rules);
	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (addr_compare(&j->group[mid].addr, &p.addr) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == j->groups || addr_compare(&j->group[from].addr, &p.addr))
		return NULL;
	return &j->group[from].n;
}

void judge_neighbours(const struct judge *j, struct judged *of)
{
	const struct neighbours *n = around(j, &of->r.src), *provider = NULL;
	int set = providers_find(j->providers, &of->r.src);

	of->provider = set < 0 ? NULL : providers_name(j->providers, set);
	if (set >= 0 && provider_has_alibi(&j->provider[set], &j->rules))
		provider = &j->provider[set].n;
	of->n = n || provider ? neighbours_of(&of->r.src, n, provider) : (struct neighbours){};
}
