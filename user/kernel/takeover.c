// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replaces tables of the version before this one by new ones. Their records are not
 * copied, since the old program writes until the moment in which it is replaced. The old
 * tables are pinned beside the new ones, under names of their own, and read as an instance
 * of their own until a collect has stored them. So no record is lost or counted twice, and
 * there is no race, with a store or without.
 *
 * Only the secret of the sequence numbers is copied, so that no dialogue is cut.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

bool kern_is_replaced(const struct kern *k, int instance)
{
	return k->instance[instance].is_aside && !kern_instance_is_used(k, instance);
}

/* And whether it is one of several hosts: with another clock it would be of no use. */
static int take_key(const struct kern *k, int older, const struct kern_instance *to)
{
	struct nolist_meta was = {}, meta;
	struct nolist_key key;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(k->instance[older].fd[MAP_KEY], &zero, &key) ||
	    bpf_map_update_elem(to->fd[MAP_KEY], &zero, &key, BPF_ANY) ||
	    bpf_map_lookup_elem(to->fd[MAP_META], &zero, &meta))
		return fail(-errno, "cannot take the key over");
	kern_meta(k, older, &was);
	meta.utc_ns = was.utc_ns;
	if (bpf_map_update_elem(to->fd[MAP_META], &zero, &meta, BPF_ANY))
		return fail(-errno, "cannot take the key over");
	return kern_draw_key(to);
}

int kern_take_over(const char *pin_dir, const struct kern *k, int older,
		   const struct kern_instance *to)
{
	int ret = kern_write_meta(to);

	if (!ret)
		ret = take_key(k, older, to);
	return ret ? ret : kern_pin_aside(pin_dir, &k->instance[older]);
}

int kern_forget(struct kern *k, int instance)
{
	return kern_is_replaced(k, instance) ? kern_unpin_aside(k->pin_dir) : -EBUSY;
}
