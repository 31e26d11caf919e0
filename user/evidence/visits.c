// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the policy service was asked, into the store: a request at RCPT is data to the real MX of that
 * mail server. As imported evidence, in an epoch of its own, whose last time tells what is new.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/evidence/collect.h"
#include "user/policy/rows.h"
#include "user/policy/visits.h"
#include "user/store/store.h"

static const struct epoch asked = { .boot = EPOCH_IMPORTED, .tables = 1 };

struct merge {
	struct store *store;
	struct store_epoch epoch;
	struct store_row row;
	struct pack_hour hour[STORED_HOURS];
	int64_t now, from; /* what is between these is new */
};

/* Packed times of imported evidence are those of UTC, plus one. */
static bool add_time(struct merge *m, uint32_t at, int family)
{
	if (at < m->from || at > m->now)
		return false;
	if (at + 1 > m->epoch.real_s[family])
		m->epoch.real_s[family] = m->epoch.data_s[family] = at + 1;
	return stored_import(&m->row.stored, IMPORT_DATA, at + 1);
}

static int add_visit(struct merge *m, const struct visit *v)
{
	int order, i, error, family = v->key >> 32 != 0;
	struct nolist_source src = row_source(v->key);
	bool is_new = false;

	if (!v->key || visit_last(v) < m->from)
		return 0;
	m->row.key = pack_key(&src);
	error = store_get(m->store, &m->row);
	if (error < 0)
		return error;
	/* The earlier hour first. */
	order = v->last[0] > v->last[1];
	for (i = 0; i < 2; i++, order = !order) {
		is_new |= add_time(m, v->first[order], family);
		is_new |= add_time(m, v->last[order], family);
	}
	return is_new ? store_put(m->store, &m->row) : 0;
}

/* Visits that found no place may be alibis that are missing. */
static int add_lost(struct merge *m, const struct visits *v)
{
	struct gap gap = {};
	int error = store_last_gaps(m->store, m->row.epoch, &gap);

	if (error && error != -ENOENT)
		return error;
	if (!v->lost || v->lost_last < m->from || v->lost_last > m->now)
		return 0;
	gap.from_s = m->from > 0 ? m->from + 1 : v->lost_last + 1;
	gap.to_s = m->now + 1;
	gap.verified_lost = v->lost > gap.verified_lost ? v->lost : gap.verified_lost + 1;
	gap.verified_lost_s = v->lost_last + 1;
	return store_add_gaps(m->store, m->row.epoch, &gap);
}

static int merge(struct merge *m, const struct visits *v)
{
	const struct store_epoch *epochs;
	size_t i, n;
	int error = 0;

	m->row.epoch = store_epoch(m->store, &asked);
	if (m->row.epoch < 0)
		return m->row.epoch;
	n = store_epochs(m->store, &epochs);
	for (i = 0; i + 1 < n && epochs[i].id != m->row.epoch; i++)
		;
	m->epoch = epochs[i];
	m->from = m->epoch.seen_s ? m->epoch.seen_s - 1 : 1;
	for (i = 0; i < VISITS_SETS; i++)
		for (n = 0; n < VISITS_WAYS && !error; n++)
			error = add_visit(m, &v->set[i][n]);
	if (!error)
		error = add_lost(m, v);
	m->epoch.seen_s = m->now + 1;
	return error ? error : store_set_epoch(m->store, &m->epoch);
}

int collect_visits(struct store *store, const char *state_dir, int64_t now)
{
	struct merge m = { .store = store, .now = now, .row.stored.hour = m.hour };
	struct visits *v;
	char file[4096];
	int fd, error;

	snprintf(file, sizeof(file), "%s/" VISITS_FILE, state_dir);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return 0;
	error = visits_map(&v, fd, false);
	close(fd);
	/* No file, or another's: nobody was asked. */
	if (error)
		return error == -ENOMEM ? error : 0;
	error = merge(&m, v);
	visits_unmap(v);
	return error;
}
