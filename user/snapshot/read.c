// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a snapshot of the kernel's tables.
 */
#include "user/kernel/kern.h"
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

static int read_instance(struct snapshot *s, const struct kern *k, int instance)
{
	/* Rounded down: a contact of just now must not be in the future. */
	long long offset = kern_clock_offset();
	struct reading r = { .s = s };
	struct kern_tables tables;
	__u32 test[NOLIST_TEST_MAX];
	struct epoch epoch = {};
	bool is_lru;
	int error;

	error = kern_tables(k, instance, &tables);
	if (!error)
		error = kern_boot_id(epoch.boot);
	if (!error)
		error = kern_tests(k, instance, test);
	if (error)
		return error;
	is_lru = tables.is_lru;
	epoch.tables = tables.id;
	epoch.generation = tables.generation;
	epoch.wall_s = offset / NS - (offset % NS < 0);
	r.epoch = snapshot_add_epoch(s, &epoch);
	if (r.epoch >= 0)
		snapshot_set_tests(s, r.epoch, test);
	error = r.epoch < 0 ? r.epoch : read_stats(s, r.epoch, k, instance);
	if (!error)
		snapshot_set_contacts_max(s, r.epoch, tables.contacts_max);
	if (!error && is_lru)
		snapshot_set_lru(s, r.epoch);
	return error ? error : kern_instance_each(k, instance, on_record, on_end, &r);
}

int snapshot_read(struct snapshot **sp, const struct kern *k, const struct ranges *only)
{
	int i, error = snapshot_new(sp);

	if (!error)
		snapshot_set_only(*sp, only);
	for (i = 0; i < kern_instances(k) && !error; i++)
		error = read_instance(*sp, k, i);
	if (!error)
		error = snapshot_sort(*sp);
	if (error) {
		snapshot_free(*sp);
		*sp = NULL;
	}
	return error;
}
