// SPDX-License-Identifier: GPL-2.0-only
/*
 * The secret of the sequence numbers: drawn once, or that of a file, which other hosts have too.
 * Then the clock in them is UTC, as a number that is added to this host's own: a load notes it,
 * and a collect follows a clock that was set. Numbers are good for two slots of 18 minutes, so a
 * dialogue outlives that, unless the clock is set by more than NOLIST_COOKIE_APART backward, or by
 * more than a slot.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

/* The two clocks are not read at the same moment; and less than this matters to no dialogue. */
#define CLOCK_SET_NS 1000000000ll

static int put_key(const struct kern_instance *instance, const struct nolist_key *key)
{
	__u32 zero = 0;

	return bpf_map_update_elem(instance->fd[MAP_KEY], &zero, key, BPF_ANY) ?
		       fail(-errno, "cannot write the key") : 0;
}

static int draw(const struct kern_instance *instance)
{
	struct nolist_key key;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return fail(-errno, "cannot draw a key");
	return put_key(instance, &key);
}

static int get_key(const struct kern_instance *instance, struct nolist_key *key)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(instance->fd[MAP_KEY], &zero, key) ?
		       fail(-errno, "cannot read the key") : 0;
}

/* Not changed as long as the tables exist, so that no dialogue is cut. */
int kern_draw_key(const struct kern_instance *instance)
{
	struct nolist_key key;
	int ret = get_key(instance, &key);

	return ret || key.k[0] || key.k[1] ? ret : draw(instance);
}

static int get_meta(const struct kern_instance *instance, struct nolist_meta *meta)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(instance->fd[MAP_META], &zero, meta) ?
		       fail(-errno, "cannot read the tables' version") : 0;
}

static int put_meta(const struct kern_instance *instance, const struct nolist_meta *meta)
{
	__u32 zero = 0;

	return bpf_map_update_elem(instance->fd[MAP_META], &zero, meta, BPF_ANY) ?
		       fail(-errno, "cannot write the tables' version") : 0;
}

bool kern_follow_clock(struct nolist_meta *meta)
{
	__u64 utc = kern_clock_offset();

	if (!meta->utc_ns || llabs((long long)(utc - meta->utc_ns)) < CLOCK_SET_NS)
		return false;
	meta->utc_ns = utc;
	return true;
}

/* The key before the clock: with one of them alone no dialogue of another host is known. */
int kern_set_key(const struct kern_instance *instance, const struct nolist_key *shared,
		 struct kern_key_was *was)
{
	struct nolist_meta meta;
	int ret = get_meta(instance, &meta);

	if (!ret)
		ret = get_key(instance, &was->key);
	if (ret)
		return ret;
	was->utc_ns = meta.utc_ns;
	was->instance = instance;
	if (!shared && !meta.utc_ns)
		return kern_draw_key(instance);
	/* A key that others have is not used on. */
	ret = shared ? put_key(instance, shared) : draw(instance);
	if (ret)
		return ret;
	if (!shared)
		meta.utc_ns = 0;
	else if (!meta.utc_ns)
		meta.utc_ns = kern_clock_offset();
	else
		kern_follow_clock(&meta);
	return put_meta(instance, &meta);
}

void kern_undo_key(const struct kern_key_was *was)
{
	struct nolist_meta meta;

	if (!was->instance || get_meta(was->instance, &meta))
		return;
	put_key(was->instance, &was->key);
	meta.utc_ns = was->utc_ns;
	put_meta(was->instance, &meta);
}

int kern_shared_key(const struct kern *k, int instance, struct nolist_key *key)
{
	struct nolist_meta meta;

	if (kern_is_replaced(k, instance) || kern_meta(k, instance, &meta) || !meta.utc_ns)
		return -ENOENT;
	return get_key(&k->instance[instance], key);
}
