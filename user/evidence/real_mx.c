// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence of the real MX: its last contacts, its connections in each hour, and the
 * changes of the MX addresses.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/evidence/private.h"

/* An hour of one epoch, before all epochs are summed up. */
struct part_hour {
	int family, epoch;
	struct real_hour hour;
};

struct gathering {
	struct evidence *e;
	struct part_hour *part;
	size_t parts;
};

static const struct snapshot_stats *stats_of(const struct evidence *e, int epoch)
{
	return e->epoch[epoch].table < 0 ? NULL : snapshot_stats(e->tables, e->epoch[epoch].table);
}

/* --- last contacts ------------------------------------------------------------ */

static void see(const struct evidence_epoch *epoch, uint32_t at, int64_t *last)
{
	if (at && evidence_wall(epoch, at) > *last)
		*last = evidence_wall(epoch, at);
}

static void gather_last(struct evidence *e)
{
	int i, f;

	for (i = 0; i < e->epochs; i++)
		for (f = 0; f < 2; f++) {
			const struct store_epoch *stored = e->epoch[i].stored;
			const struct snapshot_stats *stats = stats_of(e, i);

			see(&e->epoch[i], stored ? stored->real_s[f] : 0, &e->real_last[f]);
			see(&e->epoch[i], stats ? stats->real_s[f] : 0, &e->real_last[f]);
			see(&e->epoch[i], stored ? stored->data_s[f] : 0, &e->data_last[f]);
			see(&e->epoch[i], stats ? stats->data_s[f] : 0, &e->data_last[f]);
		}
}

/* --- its hours ----------------------------------------------------------------- */

static int add_hour(struct gathering *g, int epoch, int family, const struct nolist_real *real)
{
	int64_t start = (int64_t)(real->hour - 1) * HOUR_S + g->e->epoch[epoch].epoch.wall_s;
	struct part_hour *grown;

	if (!(g->parts & (g->parts - 1))) {
		grown = reallocarray(g->part, g->parts ? 2 * g->parts : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		g->part = grown;
	}
	g->part[g->parts++] =
		(struct part_hour){ family, epoch, { start, real->opens, real->data } };
	return 0;
}

static int on_hour(int id, int family, const struct nolist_real *real, void *arg)
{
	struct gathering *g = arg;
	int epoch = evidence_epoch_of(g->e, id);

	return epoch < 0 ? -EBADMSG : add_hour(g, epoch, family, real);
}

static int compare_parts(const void *a, const void *b)
{
	const struct part_hour *x = a, *y = b;

	if (x->family != y->family)
		return x->family - y->family;
	if (x->hour.start != y->hour.start)
		return x->hour.start < y->hour.start ? -1 : 1;
	return x->epoch - y->epoch;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Within an epoch the larger number counts, of tables and store; epochs are summed up. */
static int add_up(struct evidence *e, const struct part_hour *part, size_t parts)
{
	size_t i;
	int f;

	for (f = 0; f < 2; f++) {
		e->real[f] = calloc(parts + 1, sizeof(*e->real[f]));
		if (!e->real[f])
			return -ENOMEM;
	}
	for (i = 0; i < parts; i++) {
		struct part_hour p = part[i];
		struct real_hour *last;

		for (; i + 1 < parts && !compare_parts(&part[i], &part[i + 1]); i++) {
			p.hour.opens = larger(p.hour.opens, part[i + 1].hour.opens);
			p.hour.data = larger(p.hour.data, part[i + 1].hour.data);
		}
		last = e->reals[p.family] ? &e->real[p.family][e->reals[p.family] - 1] : NULL;
		if (last && last->start == p.hour.start) {
			last->opens = pack_sum(last->opens, p.hour.opens);
			last->data = pack_sum(last->data, p.hour.data);
		} else {
			e->real[p.family][e->reals[p.family]++] = p.hour;
		}
	}
	return 0;
}

static int gather_hours(struct evidence *e)
{
	struct gathering g = { .e = e };
	int i, f, k, error = e->store ? store_each_real(e->store, on_hour, &g) : 0;

	for (i = 0; i < e->epochs; i++) {
		const struct snapshot_stats *stats = stats_of(e, i);

		for (f = 0; stats && f < 2; f++)
			for (k = 0; k < NOLIST_HOURS && !error; k++)
				if (stats->real[f][k].hour)
					error = add_hour(&g, i, f, &stats->real[f][k]);
	}
	if (g.parts)
		qsort(g.part, g.parts, sizeof(*g.part), compare_parts);
	if (!error)
		error = add_up(e, g.part, g.parts);
	free(g.part);
	return error;
}

/* --- changes of addresses ------------------------------------------------------ */

static int add_change(struct evidence *e, int epoch, uint32_t at_s, uint64_t mx)
{
	struct mx_change new = { evidence_wall(&e->epoch[epoch], at_s), mx }, *grown;
	size_t i;

	for (i = 0; i < e->changes; i++)
		if (e->change[i].at == new.at && e->change[i].mx == mx)
			return 0;
	grown = reallocarray(e->change, e->changes + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	e->change = grown;
	e->change[e->changes++] = new;
	return 0;
}

static int on_change(int id, uint32_t at_s, uint64_t mx, void *arg)
{
	struct evidence *e = arg;
	int epoch = evidence_epoch_of(e, id);

	return epoch < 0 ? -EBADMSG : add_change(e, epoch, at_s, mx);
}

static int compare_changes(const void *a, const void *b)
{
	const struct mx_change *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static int gather_changes(struct evidence *e)
{
	int i, k, error = e->store ? store_each_change(e->store, on_change, e) : 0;

	for (i = 0; i < e->epochs; i++) {
		const struct snapshot_stats *stats = stats_of(e, i);

		for (k = 0; stats && k < NOLIST_CHANGES && !error; k++)
			if (stats->change[k].mx)
				error = add_change(e, i, pack_second(stats->change[k].at_ns),
						   stats->change[k].mx);
	}
	if (e->changes)
		qsort(e->change, e->changes, sizeof(*e->change), compare_changes);
	return error;
}

/* --- together ------------------------------------------------------------------ */

int evidence_gather_real(struct evidence *e)
{
	int error;

	gather_last(e);
	error = gather_hours(e);
	return error ? error : gather_changes(e);
}

int64_t evidence_real_last(const struct evidence *e, int family)
{
	return e->real_last[family];
}

int64_t evidence_data_last(const struct evidence *e, int family)
{
	return e->data_last[family];
}

size_t evidence_real(const struct evidence *e, int family, const struct real_hour **hours)
{
	*hours = e->real[family];
	return e->reals[family];
}

size_t evidence_changes(const struct evidence *e, const struct mx_change **changes)
{
	*changes = e->change;
	return e->changes;
}
