// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks over all records of the tables, in batches, and counts them. Reading changes nothing,
 * not even which records an LRU table evicts next.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/thread.h"
#include "user/kernel/older.h"
#include "user/kernel/private.h"

#define BATCH 4096 /* records in one system call; grows if a bucket holds more */

typedef int walk_fn(const void *key, const void *value, void *arg);

struct walk {
	int fd;
	size_t key_size, value_size;
	walk_fn *fn; /* NULL: only count */
	void *arg;
	unsigned int count;
	int ret;
};

static int walk_hand(struct walk *w, const char *keys, const char *values, __u32 n)
{
	__u32 i;
	int ret;

	w->count += n;
	for (i = 0; w->fn && i < n; i++) {
		ret = w->fn(keys + i * w->key_size, values + i * w->value_size, w->arg);
		if (ret)
			return ret;
	}
	return 0;
}

/* -EOPNOTSUPP: this kernel has no batches. */
static int walk_batches(struct walk *w)
{
	__u32 capacity = BATCH, n, in = 0, out = 0;
	char *keys = NULL, *values = NULL;
	bool is_first = true;
	int ret = 0, error;

	do {
		if (!keys) {
			keys = calloc(capacity, w->key_size);
			values = calloc(capacity, w->value_size);
			if (!keys || !values) {
				ret = -ENOMEM;
				break;
			}
		}
		n = capacity;
		error = 0;
		if (bpf_map_lookup_batch(w->fd, is_first ? NULL : &in, &out, keys, values, &n,
					 NULL))
			error = errno;
		if (error == ENOSPC) {
			/* A bucket of the table holds more records than fit. */
			free(keys);
			free(values);
			keys = values = NULL;
			capacity *= 2;
			continue;
		}
		if (error && error != ENOENT) {
			ret = is_first && (error == EINVAL || error == ENOTSUP) ? -EOPNOTSUPP :
										  -error;
			break;
		}
		ret = walk_hand(w, keys, values, n);
		in = out;
		is_first = false;
	} while (!ret && error != ENOENT);
	free(keys);
	free(values);
	return ret;
}

static int walk_singly(struct walk *w)
{
	char key[64], next[64], value[1024];
	bool is_first = true;
	int ret = 0;

	if (w->key_size > sizeof(key) || w->value_size > sizeof(value))
		return -EPROTO;
	while (!ret && !bpf_map_get_next_key(w->fd, is_first ? NULL : key, next)) {
		memcpy(key, next, sizeof(key));
		is_first = false;
		if (!bpf_map_lookup_elem(w->fd, key, value))
			ret = walk_hand(w, key, value, 1);
	}
	return ret;
}

static int walk(struct walk *w)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int ret;

	if (bpf_obj_get_info_by_fd(w->fd, &info, &size))
		return -errno;
	w->key_size = info.key_size;
	w->value_size = info.value_size;
	ret = walk_batches(w);
	return ret == -EOPNOTSUPP ? walk_singly(w) : ret;
}

/* --- counting, and all records ---------------------------------------------------- */

int kern_instance_count(const struct kern_instance *instance, enum kern_map map,
			unsigned int *entries, unsigned int *capacity)
{
	struct walk w = { .fd = instance->fd[map] };
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int ret;

	if (bpf_obj_get_info_by_fd(w.fd, &info, &size))
		return -errno;
	ret = walk(&w);
	*entries += w.count;
	*capacity += info.max_entries;
	return ret;
}

int kern_fill(const struct kern *k, struct kern_fill *fill)
{
	struct kern_tables tables;
	int i, ret = 0;

	*fill = (struct kern_fill){};
	for (i = 0; i < k->instances && !ret; i++) {
		ret = kern_instance_count(&k->instance[i], MAP_CONTACTS, &fill->contacts,
					  &fill->contacts_max);
		if (!ret)
			ret = kern_instance_count(&k->instance[i], MAP_VERIFIED, &fill->verified,
						  &fill->verified_max);
		if (!ret)
			ret = kern_tables(k, i, &tables);
		fill->is_lru |= !ret && tables.is_lru;
	}
	return ret ? fail(ret, "cannot count the sources") : 0;
}

struct each {
	kern_each_fn *fn;
	kern_end_fn *end;
	void *arg;
	bool is_older; /* the tables are of OLDER_ABI */
};

static int each_contacts(const void *key, const void *value, void *arg)
{
	const struct each *e = arg;
	struct nolist_contacts today;

	if (e->is_older)
		older_contacts(value, &today);
	return e->fn(key, e->is_older ? &today : value, NULL, e->arg);
}

static int each_verified(const void *key, const void *value, void *arg)
{
	const struct each *e = arg;
	struct nolist_verified today;

	if (e->is_older)
		older_verified(value, &today);
	return e->fn(key, NULL, e->is_older ? &today : value, e->arg);
}

static void *walk_table(void *arg)
{
	struct walk *w = arg;
	const struct each *e = w->arg;

	w->ret = walk(w);
	if (!w->ret && e->end)
		w->ret = e->end(w->fn == each_verified, e->arg);
	return NULL;
}

/* Nearly all of the time the kernel waits for memory: two threads wait at the same time. */
int kern_instance_each(const struct kern *k, int instance, kern_each_fn *fn, kern_end_fn *end,
		       void *arg)
{
	struct each e = { fn, end, arg, k->instance[instance].abi == OLDER_ABI };
	struct walk contacts = { k->instance[instance].fd[MAP_CONTACTS], .fn = each_contacts,
				 .arg = &e };
	struct walk verified = { k->instance[instance].fd[MAP_VERIFIED], .fn = each_verified,
				 .arg = &e };
	int ret;

	thread_both(walk_table, &contacts, &verified);
	ret = contacts.ret ? contacts.ret : verified.ret;
	return ret < 0 ? fail(ret, "cannot read the tables") : ret;
}

int kern_each_contacts(const struct kern *k, int instance, kern_each_fn *fn, void *arg)
{
	struct each e = { fn, NULL, arg, k->instance[instance].abi == OLDER_ABI };
	struct walk w = { k->instance[instance].fd[MAP_CONTACTS], .fn = each_contacts, .arg = &e };
	int ret = walk(&w);

	return ret < 0 ? fail(ret, "cannot read the tables") : ret;
}

int kern_each(const struct kern *k, kern_each_fn *fn, void *arg)
{
	int i, ret = 0;

	for (i = 0; i < k->instances && !ret; i++)
		ret = kern_instance_each(k, i, fn, NULL, arg);
	return ret;
}
