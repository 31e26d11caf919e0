// SPDX-License-Identifier: GPL-2.0-only
/*
 * When contacts may have been lost in a flood, for the last time: from the store, without reading
 * a source.
 */
#include "user/report/status.h"

struct floods {
	const struct store *store;
	int epoch; /* of the interval before */
	struct gap before;
	int64_t last;
};

static int64_t wall_of(const struct store *store, int id)
{
	const struct store_epoch *epochs;
	size_t i, n = store_epochs(store, &epochs);

	for (i = 0; i < n && epochs[i].id != id; i++)
		;
	return i < n ? epochs[i].epoch.wall_s : 0;
}

static int on_gap(int epoch, const struct gap *gap, void *arg)
{
	struct floods *f = arg;
	int64_t at = wall_of(f->store, epoch) + (int64_t)gap->to_s - 1;

	if (epoch != f->epoch)
		f->before = (struct gap){};
	if (gap_is_flood(gap, &f->before) && at > f->last)
		f->last = at;
	f->epoch = epoch;
	f->before = *gap;
	return 0;
}

int status_find_flood(struct status *s, struct store *store)
{
	struct floods f = { .store = store };
	int error = store ? store_each_gaps(store, on_gap, &f) : 0;

	s->flooded_at = f.last;
	return error;
}
