// SPDX-License-Identifier: GPL-2.0-only
/*
 * Until when nobody is listed, since the MX addresses are new: from the changes in the
 * tables and in the store, without reading a source.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"
#include "user/judge/verdict.h"
#include "user/report/status.h"

struct changes {
	struct mx_change *change;
	size_t n;
	struct store *store;
};

static int add(struct changes *c, int64_t at, uint64_t mx)
{
	if (array_grow(&c->change, c->n, sizeof(*c->change)))
		return -ENOMEM;
	c->change[c->n++] = (struct mx_change){ at, mx };
	return 0;
}

static int on_change(int id, uint32_t at_s, uint64_t mx, void *arg)
{
	struct changes *c = arg;
	const struct store_epoch *epochs;
	size_t i, n = store_epochs(c->store, &epochs);

	for (i = 0; i < n; i++)
		if (epochs[i].id == id)
			return add(c, epochs[i].epoch.wall_s + (int64_t)at_s - 1, mx);
	return 0;
}

static int add_tables(struct changes *c, const struct status *s)
{
	struct nolist_meta meta;
	int i, k, error = 0;

	for (i = 0; i < kern_instances(s->k); i++) {
		if (kern_meta(s->k, i, &meta) || meta.magic != NOLIST_MAGIC)
			continue;
		for (k = 0; k < NOLIST_CHANGES && !error; k++)
			if (meta.change[k].mx)
				error = add(c, status_wall_s(s, meta.change[k].at_ns),
					    meta.change[k].mx);
	}
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct mx_change *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

int status_find_learning(struct status *s, struct store *store)
{
	struct changes c = { .store = store };
	struct site site = {};
	int error = add_tables(&c, s);

	if (!error && store)
		error = store_each_change(store, on_change, &c);
	if (c.n)
		qsort(c.change, c.n, sizeof(*c.change), compare);
	site.change = c.change;
	site.changes = c.n;
	if (!error)
		error = site_ready(&site, &s->rules->rules, s->now);
	if (!error)
		s->learning_until = site_learning_until(&site, s->now);
	site_free(&site);
	free(c.change);
	return error;
}
