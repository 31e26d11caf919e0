// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps that a build has added without a new version of the ABI. Tables of an earlier build lack
 * them: a load makes them, pins them beside the others, and replaces each program that does not
 * use them.
 */
#include <bpf/bpf.h>

#include "user/kernel/private.h"

bool kern_is_added(enum kern_map map)
{
	return map == MAP_DOMAINS || map == MAP_STAMPS || map == MAP_BLOCK || map == MAP_SAID ||
	       map == MAP_LOW_PASS || map == MAP_TENANTS || map == MAP_TENANTED;
}

int kern_pin_added(const char *pin_dir, const struct kern_instance *lacks,
		   const struct kern_instance *instance, bool pinned[KERN_MAPS])
{
	int i, ret = 0;

	for (i = 0; i < KERN_MAPS && !ret; i++) {
		if (!kern_is_added(i) || lacks->fd[i] >= 0)
			continue;
		ret = kern_pin_map(pin_dir, instance, i);
		pinned[i] = !ret;
	}
	return ret;
}

void kern_unpin_added(const char *pin_dir, const bool pinned[KERN_MAPS])
{
	int i;

	for (i = 0; i < KERN_MAPS; i++)
		if (pinned[i])
			kern_unpin_map(pin_dir, i);
}

/* Only the slow path uses these. */
static bool is_of_slow(enum kern_map map)
{
	return map == MAP_TENANTS || map == MAP_TENANTED;
}

bool kern_lacks_added(const char *pin_dir, const struct kern_instance *instance,
		      unsigned int prog_id)
{
	struct kern_prog prog, slow;
	bool has_slow;
	int i;

	if (kern_prog_info_of(pin_dir, prog_id, &prog))
		return false;
	/* One that is missing is given, with the instance's maps. */
	has_slow = !kern_slow_info(&prog, pin_dir, &slow);
	for (i = 0; i < KERN_MAPS; i++) {
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);

		if (!kern_is_added(i) || (is_of_slow(i) && !has_slow) ||
		    bpf_obj_get_info_by_fd(instance->fd[i], &info, &size))
			continue;
		if (!kern_prog_uses(is_of_slow(i) ? &slow : &prog, info.id))
			return true;
	}
	return false;
}
