// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of our domains. It is filled at a place of nolist_domains that no configuration
 * names; the write that puts a configuration in force makes it the one that is read, with its
 * key. So no frame meets a table with the key of another.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

/* An inner map with these lines: an fd, or -errno. */
static int make_table(const struct nolist_domain_line *line, __u32 lines)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nolist_domain", sizeof(__u32), sizeof(*line),
				lines, &opts);
	__u32 *keys = malloc(lines * sizeof(*keys)), n = lines, i;
	int error = fd < 0 ? -errno : keys ? 0 : -ENOMEM;

	for (i = 0; keys && i < lines; i++)
		keys[i] = i;
	if (!error && (bpf_map_update_batch(fd, keys, line, &n, NULL) || n != lines))
		error = errno ? -errno : -EIO;
	free(keys);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

int kern_put_domains(const struct kern_put *put, const struct nolist_domain_line *line,
		     struct nolist_config *conf)
{
	int map = put->instance->fd[MAP_DOMAINS], fd, ret = 0;
	__u32 place = put->in_force && put->in_force->domains == 1;

	conf->domains = 0;
	if (!line)
		return 0;
	fd = make_table(line, conf->domain_mask + 1);
	if (fd < 0)
		return fail(fd, "cannot make the table of domains");
	if (bpf_map_update_elem(map, &place, &fd, BPF_ANY))
		ret = fail(-errno, "cannot make the table of domains");
	close(fd);
	conf->domains = place + 1;
	return ret;
}

void kern_undo_domains(const struct kern_put *put)
{
	if (put->instance)
		kern_drop_domains(put->instance, put->in_force);
}

/* When a configuration was put in force, the kernel has waited for frames with the one before. */
void kern_drop_domains(const struct kern_instance *instance, const struct nolist_config *in_force)
{
	__u32 place;

	for (place = 0; place < NOLIST_DOMAIN_PLACES; place++)
		if (!in_force || in_force->domains != place + 1)
			bpf_map_delete_elem(instance->fd[MAP_DOMAINS], &place);
}
