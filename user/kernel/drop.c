// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deletes sources from the tables, because somebody asked for it. A table that evicts by
 * itself is told apart from one that lost records only by how many it holds: so in that one a
 * record of verified evidence is emptied, and its place goes to the next source.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

/* How to delete from one map. */
struct dropping {
	int fd;
	bool is_emptied;   /* else removed */
	void *empty, *now; /* records */
	size_t size;       /* of a record */
};

static int begin(struct dropping *d, const struct kern *k, int instance, enum kern_map map)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	struct kern_tables tables;
	int error = 0;

	*d = (struct dropping){ .fd = k->instance[instance].fd[map] };
	if (map == MAP_VERIFIED)
		error = kern_tables(k, instance, &tables);
	d->is_emptied = map == MAP_VERIFIED && !error && tables.is_lru;
	if (!error && bpf_obj_get_info_by_fd(d->fd, &info, &size))
		error = -errno;
	d->size = info.value_size;
	d->empty = calloc(2, d->size + 1);
	d->now = d->empty ? (char *)d->empty + d->size : NULL;
	return error ? error : d->empty ? 0 : -ENOMEM;
}

/* 1: it was there; 0: it was not; or -errno. */
static int drop(const struct dropping *d, const struct nolist_source *src)
{
	if (!d->is_emptied)
		return !bpf_map_delete_elem(d->fd, src) ? 1 : errno == ENOENT ? 0 : -errno;
	if (bpf_map_lookup_elem(d->fd, src, d->now))
		return errno == ENOENT ? 0 : -errno;
	if (!memcmp(d->now, d->empty, d->size))
		return 0;
	return !bpf_map_update_elem(d->fd, src, d->empty, BPF_EXIST) ? 1 :
	       errno == ENOENT ? 0 : -errno;
}

/* All keys that there are now; a record that comes meanwhile may stay. */
static int drop_all(const struct dropping *d)
{
	struct nolist_source key, next;
	int ret, count = 0, error = bpf_map_get_next_key(d->fd, NULL, &next);

	while (!error) {
		key = next;
		/* Before the key goes: else the walk would begin anew. */
		error = bpf_map_get_next_key(d->fd, &key, &next);
		ret = drop(d, &key);
		if (ret < 0)
			return ret;
		count += ret;
	}
	return count;
}

/* src NULL: all. Returns how many records, or -errno. */
static int drop_from(const struct kern *k, int instance, const struct nolist_source *src)
{
	static const enum kern_map maps[] = { MAP_CONTACTS, MAP_VERIFIED };
	struct dropping d;
	int i, ret = 0, count = 0;

	for (i = 0; i < 2 && ret >= 0; i++) {
		ret = begin(&d, k, instance, maps[i]);
		if (!ret)
			ret = src ? drop(&d, src) : drop_all(&d);
		free(d.empty);
		count += ret > 0 ? ret : 0;
	}
	return ret < 0 ? fail(ret, "cannot delete from the tables") : count;
}

int kern_drop_source(const struct kern *k, int instance, const struct nolist_source *src)
{
	return drop_from(k, instance, src);
}

int kern_drop_sources(const struct kern *k, int instance)
{
	return drop_from(k, instance, NULL);
}
