// SPDX-License-Identifier: GPL-2.0-only
/*
 * The service remembers networks and providers, the log and the evidence have sources: each of these
 * belongs to one of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/evidence/as_of.h"
#include "user/policy/memory.h"
#include "user/policy/rows.h"
#include "user/report/deferred.h"

struct network {
	uint64_t key;
	int64_t first;       /* deferred */
	int64_t accepted_at; /* by the log; 0: it was not */
	bool is_accepted, is_back;
};

struct networks {
	struct network *at;
	size_t n;
	const struct judge *j;
};

/* --- from the memory -------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
	const struct network *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static int take_memory(struct networks *all, struct deferred *d, const struct memory *m, const struct audit *log)
{
	const struct memory_entry *e = m->set[0], *end = e + (size_t)MEMORY_SETS * MEMORY_WAYS;

	d->is_known = true;
	memcpy(d->answers, m->count, sizeof(d->answers));
	for (; e < end; e++) {
		if (!e->key || e->first < log->first || e->first > log->last)
			continue;
		if (array_grow(&all->at, all->n, sizeof(*all->at)))
			return fail(-ENOMEM, "cannot hold the networks that were deferred");
		all->at[all->n++] = (struct network){ .key = e->key, .first = e->first };
	}
	if (all->n)
		qsort(all->at, all->n, sizeof(*all->at), compare_keys);
	return 0;
}

static int read_memory(struct networks *all, struct deferred *d, const struct audit *log)
{
	char path[4096];
	struct memory *m = NULL;
	int fd, error;

	snprintf(path, sizeof(path), "%s/" MEMORY_FILE, all->j->state_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	error = fd < 0 ? -errno : memory_map(&m, fd, false);
	if (fd >= 0)
		close(fd);
	if (error == -ENOENT)
		return 0;
	error = error ? fail(error, "cannot read '%s'", path) : take_memory(all, d, m, log);
	memory_unmap(m);
	return error;
}

/* --- from log and evidence -------------------------------------------------------- */

/* As the service did: its provider's, or else its network's. */
static struct network *network_of(const struct networks *all, const struct nolist_source *src)
{
	const struct judge *j = all->j;
	int set = providers_find(j->providers, src);
	struct network n = { .key = set >= 0 ? row_provider(providers_name(j->providers, set)) :
					       row_network(&src->addr, j->rules.neighbours_ip4,
							   j->rules.neighbours_ip6) };

	return all->n ? bsearch(&n, all->at, all->n, sizeof(n), compare_keys) : NULL;
}

static void take_log(const struct networks *all, const struct audit *log)
{
	size_t i;

	for (i = 0; i < log->events; i++) {
		const struct audit_event *e = &log->event[i];
		struct network *n = e->is_refusal ? NULL : network_of(all, &e->source->src);

		if (!n || e->at < n->first)
			continue;
		n->is_accepted = true;
		if (!n->accepted_at || e->at < n->accepted_at)
			n->accepted_at = e->at;
	}
}

/* An hour with an import counts if it ended after that. */
static bool is_accepted_after(const struct record *r, int64_t time, int64_t now)
{
	unsigned int i;

	for (i = 0; i < r->open_hours && r->open_hour[i].start <= now; i++)
		if (r->open_hour[i].roles & 1u << RECORD_ACCEPTED && r->open_hour[i].start + HOUR_S > time)
			return true;
	return false;
}

static int take_evidence(const struct networks *all, struct judge *j)
{
	struct record r;
	struct network *n;

	judge_start_records(j, EVIDENCE_VERIFIED);
	while (judge_next_record(j, &r)) {
		n = r.data.first ? network_of(all, &r.src) : NULL;
		if (!n)
			continue;
		n->is_back |= asof_data(&r, j->now, j->site.is_replay).last - n->first >=
			      (int64_t)j->rules.greylist_wait_s;
		n->is_accepted |= is_accepted_after(&r, n->first, j->now);
	}
	return judge_end(j);
}

/* --- counting ----------------------------------------------------------------------- */

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int count_waits(struct deferred *d, const struct networks *all)
{
	int64_t *wait = calloc(all->n + 1, sizeof(*wait));
	size_t i;

	if (!wait)
		return fail(-ENOMEM, "cannot hold the networks that were deferred");
	for (i = 0; i < all->n; i++)
		if (all->at[i].accepted_at)
			d->seconds += wait[d->timed++] = all->at[i].accepted_at - all->at[i].first;
	qsort(wait, d->timed, sizeof(*wait), compare_times);
	if (d->timed) {
		d->median = wait[(d->timed - 1) / 2];
		d->most = wait[d->timed - 1];
	}
	free(wait);
	return 0;
}

static void count(struct deferred *d, const struct networks *all, int64_t now)
{
	size_t i;

	d->networks = all->n;
	for (i = 0; i < all->n; i++) {
		const struct network *n = &all->at[i];
		bool is_due = now - n->first >= DEFERRED_RETURN_S;

		d->accepted += n->is_accepted;
		d->due += is_due;
		d->gone += is_due && !n->is_accepted && !n->is_back;
	}
}

int deferred_find(struct deferred *d, const struct audit *log, struct judge *j)
{
	struct networks all = { .j = j };
	int error = read_memory(&all, d, log);

	if (!error && all.n) {
		take_log(&all, log);
		error = take_evidence(&all, j);
	}
	if (!error) {
		count(d, &all, log->last);
		error = count_waits(d, &all);
	}
	free(all.at);
	return error;
}
