// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a snapshot of the kernel's tables: walks over them, or looks a few sources up.
 */
#include <errno.h>

#include "user/base/thread.h"
#include "user/kernel/kern.h"
#include "user/record/ranges.h"
#include "user/snapshot/snapshot.h"

#define NS 1000000000ll

struct reading {
	struct snapshot *s;
	int epoch;
};

static int on_record(const struct nolist_source *src, const struct nolist_contacts *contacts,
		     const struct nolist_verified *verified, void *arg)
{
	struct reading *r = arg;

	return snapshot_add(r->s, r->epoch, src, contacts, verified);
}

/* Sorts one table while the other thread may still read the other table. */
static int on_end(bool is_verified, void *arg)
{
	struct reading *r = arg;

	return is_verified ? snapshot_sort_verified(r->s, r->epoch)
			   : snapshot_sort_contacts(r->s, r->epoch);
}

/* What was noted, the oldest first, and what is so now. */
static void add_detached(struct snapshot *s, int epoch, const struct kern *k, int instance,
			 const struct nolist_meta *meta)
{
	unsigned long long from_ns;
	int i;

	for (i = NOLIST_DETACHED - 1; i >= 0; i--)
		if (meta->detached[i].from_ns && meta->detached[i].to_ns)
			snapshot_add_detached(s, epoch, meta->detached[i].from_ns,
					      meta->detached[i].to_ns);
	if (kern_is_detached(k, instance, &from_ns))
		snapshot_add_detached(s, epoch, from_ns, 0);
}

/* To be read before the records: anything lost later belongs to the next interval. */
static int read_stats(struct snapshot *s, int epoch, const struct kern *k, int instance)
{
	struct nolist_meta meta = {};
	struct nolist_stats stats;
	int error = kern_instance_stats(k, instance, &stats);
	uint64_t now = kern_now_ns();

	if (error)
		return error;
	kern_meta(k, instance, &meta);
	snapshot_set_stats(s, epoch, &stats, meta.magic == NOLIST_MAGIC ? meta.created_ns : 0, now);
	add_detached(s, epoch, k, instance, &meta);
	if (kern_is_replaced(k, instance))
		snapshot_set_replaced(s, epoch);
	snapshot_set_changes(s, epoch, meta.change);
	return 0;
}

/* Adds an epoch with all that is not told by records. */
static int begin_instance(struct snapshot *s, const struct kern *k, int instance, int *number)
{
	/* Rounded down: a contact of just now must not be in the future. */
	long long offset = kern_clock_offset();
	struct kern_tables tables;
	__u32 test[NOLIST_TEST_MAX];
	struct epoch epoch = {};
	int error;

	error = kern_tables(k, instance, &tables);
	if (!error)
		error = kern_boot_id(epoch.boot);
	if (!error)
		error = kern_tests(k, instance, test);
	if (error)
		return error;
	epoch.tables = tables.id;
	epoch.generation = tables.generation;
	epoch.wall_s = offset / NS - (offset % NS < 0);
	*number = snapshot_add_epoch(s, &epoch);
	if (*number < 0)
		return *number;
	snapshot_set_tests(s, *number, test);
	error = read_stats(s, *number, k, instance);
	snapshot_set_contacts_max(s, *number, tables.contacts_max);
	snapshot_set_room(s, *number, tables.verified_max, tables.spare);
	if (tables.is_lru)
		snapshot_set_lru(s, *number);
	return error;
}

static int read_instance(struct snapshot *s, const struct kern *k, int instance)
{
	struct reading r = { .s = s };
	int error = begin_instance(s, k, instance, &r.epoch);

	return error ? error : kern_instance_each(k, instance, on_record, on_end, &r);
}

/* --- looking up --------------------------------------------------------------------- */

#define SAMPLE 8192 /* contacts */

/* One table of an instance. */
struct look_up {
	const struct reading *r;
	const struct kern *k;
	int instance;
	const struct ranges *only;
	bool is_verified;
	int error;
};

static int look_up_source(const struct look_up *l, const struct pack_key *key)
{
	struct nolist_source src = pack_source(key);
	struct nolist_contacts contacts;
	struct nolist_verified verified;
	int error = l->is_verified ? kern_verified(l->k, l->instance, &src, &verified) :
				     kern_contacts(l->k, l->instance, &src, &contacts);

	if (error)
		return error == -ENOENT ? 0 : error;
	return snapshot_add(l->r->s, l->r->epoch, &src, l->is_verified ? NULL : &contacts,
			    l->is_verified ? &verified : NULL);
}

static int look_up_range(const struct look_up *l, const struct range *range)
{
	struct pack_key key = range->first;
	int error = look_up_source(l, &key);

	while (!error && pack_compare(&key, &range->last) < 0) {
		if (key.high)
			key.high++;
		else
			key.low++;
		error = look_up_source(l, &key);
	}
	return error;
}

static void *look_up_table(void *arg)
{
	struct look_up *l = arg;
	size_t i;

	for (i = 0; i < l->only->n && !l->error; i++)
		l->error = look_up_range(l, &l->only->range[i]);
	return NULL;
}

struct sampling {
	struct reading r;
	unsigned int n;
};

static int on_sample(const struct nolist_source *src, const struct nolist_contacts *contacts,
		     const struct nolist_verified *verified, void *arg)
{
	struct sampling *s = arg;

	(void)src;
	(void)verified;
	if (s->n++ == SAMPLE)
		return 1;
	return snapshot_add_sample(s->r.s, s->r.epoch, contacts);
}

static int sample_contacts(const struct reading *r, const struct kern *k, int instance)
{
	struct sampling s = { .r = *r };
	int ret = kern_each_contacts(k, instance, on_sample, &s);

	if (ret >= 0)
		snapshot_end_sample(r->s, r->epoch, !ret);
	return ret < 0 ? ret : 0;
}

static int look_up_instance(struct snapshot *s, const struct kern *k, int instance,
			    const struct ranges *only)
{
	struct reading r = { .s = s };
	int error = begin_instance(s, k, instance, &r.epoch);
	struct look_up contacts = { &r, k, instance, only, false, error };
	struct look_up verified = { &r, k, instance, only, true, error };

	/* A /48 has 65,536 sources. */
	thread_both(look_up_table, &contacts, &verified);
	error = contacts.error ? contacts.error : verified.error;
	if (!error && snapshot_wants_sample(s, r.epoch))
		error = sample_contacts(&r, k, instance);
	return error;
}

/* --- all instances ------------------------------------------------------------------ */

static int end(struct snapshot **sp, int error)
{
	if (!error)
		error = snapshot_sort(*sp);
	if (error) {
		snapshot_free(*sp);
		*sp = NULL;
	}
	return error;
}

int snapshot_read(struct snapshot **sp, const struct kern *k, const struct ranges *only)
{
	int i, error = snapshot_new(sp);

	if (!error)
		snapshot_set_only(*sp, only);
	for (i = 0; i < kern_instances(k) && !error; i++)
		error = read_instance(*sp, k, i);
	return end(sp, error);
}

int snapshot_look_up(struct snapshot **sp, const struct kern *k, const struct ranges *only)
{
	int i, error = snapshot_new(sp);

	if (!error)
		snapshot_set_looked_up(*sp, only);
	for (i = 0; i < kern_instances(k) && !error; i++)
		error = look_up_instance(*sp, k, i, only);
	return end(sp, error);
}
