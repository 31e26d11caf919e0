// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the program was not attached where it should be. What a source did meanwhile is not
 * known, and may have excused it: so such a time is a gap in the evidence, from the last moment
 * at which the program is known to have been attached until it is again. A time in which the
 * machine was suspended is one, too.
 *
 * Loads, unloads and collects note it in nolist_meta; a detach by someone else, the end of a
 * probation and a suspend are found by comparing that note with what is so now.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

#define SUSPENDED_MIN_NS 1000000000ull /* the two clocks are not read at the same moment */

static unsigned long long clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static unsigned long long suspended_ns(void)
{
	unsigned long long mono = clock_ns(CLOCK_MONOTONIC), boot = clock_ns(CLOCK_BOOTTIME);

	return boot > mono ? boot - mono : 0;
}

static bool was_suspended(const struct nolist_meta *meta)
{
	return meta->seen_ns && suspended_ns() > meta->suspended_ns + SUSPENDED_MIN_NS;
}

static unsigned int interfaces_of(const struct kern *k, int instance)
{
	unsigned int ifs = 0;
	int i;

	for (i = 0; i < k->n_ifs; i++)
		ifs += k->ifs[i].instance == instance;
	return ifs;
}

/* When its probation ended; 0: it has none, or it goes on. */
static unsigned long long expired_ns(const struct kern *k, int instance)
{
	struct nolist_config *conf = malloc(sizeof(*conf));
	unsigned long long until = 0;

	if (conf && !kern_config(k, instance, conf) && conf->until_ns &&
	    kern_now_ns() > conf->until_ns)
		until = conf->until_ns;
	free(conf);
	return until;
}

/* The latest time of any record, for each of two threads. */
struct latest {
	unsigned long long contacts, verified;
};

static unsigned long long later(unsigned long long a, unsigned long long b)
{
	return a > b ? a : b;
}

static int on_record(const struct nolist_source *src, const struct nolist_contacts *c,
		     const struct nolist_verified *v, void *arg)
{
	struct latest *l = arg;

	(void)src;
	if (c)
		l->contacts = later(l->contacts, later(later(c->low.last_ns, c->real.last_ns),
						       c->high.last_ns));
	if (v)
		l->verified = later(l->verified, later(v->real_last_ns, v->high_last_ns));
	return 0;
}

/* The last moment at which a program that is attached nowhere is known to have been attached. */
static unsigned long long last_sign(const struct kern *k, int instance,
				    const struct nolist_meta *meta)
{
	struct latest l = {};

	unsigned long long now = kern_now_ns(), sign;

	if (kern_instance_each(k, instance, on_record, NULL, &l))
		return meta->seen_ns;
	sign = later(later(l.contacts, l.verified), later(meta->seen_ns, meta->change[0].at_ns));
	return sign < now ? sign : now;
}

static bool take_earlier(unsigned long long *from, unsigned long long ns)
{
	if (*from && *from <= ns)
		return true;
	*from = ns;
	return true;
}

bool kern_is_detached(const struct kern *k, int instance, unsigned long long *from_ns)
{
	unsigned int ifs = interfaces_of(k, instance);
	struct nolist_meta meta;
	unsigned long long until;
	bool is_detached = false;

	*from_ns = 0;
	if (kern_is_replaced(k, instance))
		return false;
	if (kern_meta(k, instance, &meta) || meta.magic != NOLIST_MAGIC)
		return !ifs;
	if (meta.detached[0].from_ns && !meta.detached[0].to_ns)
		is_detached = take_earlier(from_ns, meta.detached[0].from_ns);
	until = expired_ns(k, instance);
	if (until)
		is_detached = take_earlier(from_ns, until);
	if (!ifs && !is_detached)
		is_detached = take_earlier(from_ns, last_sign(k, instance, &meta));
	else if (ifs && ifs < meta.ifs)
		is_detached = take_earlier(from_ns, meta.seen_ns);
	if (was_suspended(&meta))
		is_detached = take_earlier(from_ns, meta.seen_ns);
	return is_detached;
}

/* --- notes -------------------------------------------------------------------- */

static int get_meta(const struct kern_instance *instance, struct nolist_meta *meta)
{
	__u32 zero = 0;

	if (instance->fd[MAP_META] < 0 || instance->abi != NOLIST_ABI_VERSION)
		return -ENOENT;
	if (bpf_map_lookup_elem(instance->fd[MAP_META], &zero, meta))
		return -errno;
	return meta->magic == NOLIST_MAGIC ? 0 : -ENOENT;
}

static int put_meta(const struct kern_instance *instance, const struct nolist_meta *meta)
{
	__u32 zero = 0;

	return bpf_map_update_elem(instance->fd[MAP_META], &zero, meta, BPF_ANY) ? -errno : 0;
}

/* Two that touch are one. If there is no room, the two oldest become one that has both. */
static void add(struct nolist_meta *meta, unsigned long long from, unsigned long long to)
{
	struct nolist_detached *d = meta->detached, *last = d + NOLIST_DETACHED - 1;

	if (d->from_ns && (!d->to_ns || from <= d->to_ns)) {
		if (from < d->from_ns)
			d->from_ns = from;
		d->to_ns = to;
		return;
	}
	if (last->from_ns) {
		last[-1].from_ns = last->from_ns;
		last[0] = last[-1];
	}
	memmove(d + 1, d, (NOLIST_DETACHED - 1) * sizeof(*d));
	d[0] = (struct nolist_detached){ from, to };
}

int kern_note_loaded(const struct kern_instance *instance, bool was_detached,
		     unsigned long long from_ns, unsigned int ifs)
{
	struct nolist_meta meta;
	unsigned long long now = kern_now_ns();
	int ret = get_meta(instance, &meta);

	if (ret)
		return fail(ret, "cannot note that the program is attached");
	if (was_detached)
		add(&meta, from_ns ? from_ns : meta.created_ns, now);
	meta.seen_ns = now;
	meta.suspended_ns = suspended_ns();
	meta.ifs = ifs;
	ret = put_meta(instance, &meta);
	return ret ? fail(ret, "cannot note that the program is attached") : 0;
}

void kern_note_detached(const struct kern_instance *instance, unsigned long long from_ns)
{
	struct nolist_meta meta;

	/* If it cannot be noted, the next load finds it attached nowhere. */
	if (get_meta(instance, &meta))
		return;
	if (meta.detached[0].from_ns && !meta.detached[0].to_ns)
		return;
	add(&meta, from_ns, 0);
	put_meta(instance, &meta);
}

void kern_note_collected(const struct kern *k, int instance, unsigned long long at_ns)
{
	const struct kern_instance *s = &k->instance[instance];
	unsigned int ifs = interfaces_of(k, instance);
	struct nolist_meta meta;
	bool is_set = false;
	int lock;

	if (!s->pin_dir || !ifs || expired_ns(k, instance))
		return;
	lock = kern_lock(k->pin_dir, NULL);
	if (lock < 0)
		return;
	/* An unload meanwhile has noted itself; its next load ends that. */
	if (get_meta(s, &meta))
		goto out;
	is_set = kern_follow_clock(&meta);
	if (ifs >= meta.ifs &&
	    !(meta.detached[0].from_ns && !meta.detached[0].to_ns) && at_ns > meta.seen_ns) {
		if (was_suspended(&meta))
			add(&meta, meta.seen_ns, at_ns);
		meta.seen_ns = at_ns;
		meta.suspended_ns = suspended_ns();
		meta.ifs = ifs;
		is_set = true;
	}
	if (is_set)
		put_meta(s, &meta);
out:
	close(lock);
}
