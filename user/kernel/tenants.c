// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tenants' configurations. They are put at the place that no configuration in force names; the
 * write that puts one in force makes it the one that is read. And what came to each tenant.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

static int fill(int fd, const struct kern_load *what, const struct nolist_config *conf)
{
	struct nolist_config *one = malloc(sizeof(*one));
	int ret = one ? 0 : -ENOMEM;
	__u32 i;

	for (i = 0; i < what->tenants && !ret; i++) {
		*one = *conf;
		ret = what->fill_tenant(one, i, what->arg);
		if (!ret && bpf_map_update_elem(fd, &i, one, BPF_ANY))
			ret = -errno;
	}
	free(one);
	return ret;
}

int kern_put_tenants(const struct kern_instance *instance, const struct kern_load *what,
		     const struct nolist_config *conf)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	int place = nolist_tenants_place(conf), fd, ret;

	if (place < 0)
		return 0;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nolist_tenant", sizeof(__u32), sizeof(*conf),
			    what->tenants, &opts);
	if (fd < 0)
		return fail(-errno, "cannot make the table of tenants");
	ret = fill(fd, what, conf);
	if (!ret && bpf_map_update_elem(instance->fd[MAP_TENANTS], &place, &fd, BPF_ANY))
		ret = -errno;
	close(fd);
	return ret ? fail(ret, "cannot make the table of tenants") : 0;
}

void kern_drop_tenants(const struct kern_instance *instance, const struct nolist_config *in_force)
{
	int place, is = in_force ? nolist_tenants_place(in_force) : -1;

	for (place = 0; place < NOLIST_TENANTS_PLACES; place++)
		if (place != is)
			bpf_map_delete_elem(instance->fd[MAP_TENANTS], &place);
}

int kern_tenanted(const struct kern *k, int instance, unsigned int tenant, struct nolist_tenanted *sum)
{
	int cpus = libbpf_num_possible_cpus(), cpu, fd = k->instance[instance].fd[MAP_TENANTED], ret = 0;
	struct nolist_tenanted *one = cpus > 0 ? calloc(cpus, sizeof(*one)) : NULL;
	__u32 at = tenant;

	*sum = (struct nolist_tenanted){};
	if (!one)
		return cpus < 0 ? cpus : -ENOMEM;
	if (fd < 0 || bpf_map_lookup_elem(fd, &at, one))
		ret = fd < 0 ? -ENOENT : -errno;
	for (cpu = 0; cpu < cpus && !ret; cpu++) {
		sum->tempfailed += one[cpu].tempfailed;
		sum->elsewhere += one[cpu].elsewhere;
		sum->quit += one[cpu].quit;
	}
	free(one);
	return ret;
}
