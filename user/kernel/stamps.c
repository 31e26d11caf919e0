// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stamps of networks: a load draws the secret of their hash. policy/stamps.c reads them.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sys/random.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

static bool is_stamping(const struct nolist_config *conf)
{
	return conf && conf->gate.flags & NOLIST_GATE_STAMPS;
}

int kern_begin_stamps(const struct kern_instance *instance, const struct nolist_config *conf,
		      const struct nolist_config *in_force)
{
	struct nolist_stamps line;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(instance->fd[MAP_STAMPS], &zero, &line))
		return fail(-errno, "cannot read the stamps");
	if (line.head.factor && (!is_stamping(conf) || is_stamping(in_force)))
		return 0;
	if (!line.head.factor && getrandom(&line.head.factor, sizeof(line.head.factor), 0) !=
					 sizeof(line.head.factor))
		return fail(-errno, "cannot draw a secret");
	line.head.factor |= 1;
	line.head.since_ns = kern_now_ns();
	if (bpf_map_update_elem(instance->fd[MAP_STAMPS], &zero, &line, BPF_ANY))
		return fail(-errno, "cannot write the stamps");
	return 0;
}
