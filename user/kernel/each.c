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
#include "user/base/prefetch.h"
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

#define SLOTS 2 /* the kernel fills one while the records of the other are handed out */

struct batches {
	const struct walk *w;
	struct prefetch prefetch;
	__u32 capacity, in;
	bool is_first;
	struct batch {
		char *keys, *values;
		__u32 capacity, n;
		int ret; /* 1: there are more; 0: these are the last; or -errno: there are none */
	} slot[SLOTS];
};

static int reserve(struct batches *b, struct batch *to)
{
	if (to->capacity >= b->capacity)
		return 0;
	free(to->keys);
	free(to->values);
	to->keys = calloc(b->capacity, b->w->key_size);
	to->values = calloc(b->capacity, b->w->value_size);
	to->capacity = to->keys && to->values ? b->capacity : 0;
	return to->capacity ? 0 : -ENOMEM;
}

/* 0 or an errno, as the kernel says it. */
static int look_up(struct batches *b, struct batch *to)
{
	__u32 out = 0;
	int error = 0;

	to->n = to->capacity;
	if (bpf_map_lookup_batch(b->w->fd, b->is_first ? NULL : &b->in, &out, to->keys, to->values,
				 &to->n, NULL))
		error = errno;
	if (!error || error == ENOENT)
		b->in = out;
	else
		to->n = 0;
	return error;
}

static bool read_batch(void *arg, unsigned int slot)
{
	struct batches *b = arg;
	struct batch *to = &b->slot[slot];
	int error;

	do {
		to->n = 0;
		to->ret = reserve(b, to);
		if (to->ret)
			return false;
		error = look_up(b, to);
		/* A bucket of the table holds more records than fit. */
		if (error == ENOSPC)
			b->capacity *= 2;
	} while (error == ENOSPC);
	/* This kernel has no batches. */
	if (b->is_first && (error == EINVAL || error == ENOTSUP))
		error = EOPNOTSUPP;
	b->is_first = false;
	to->ret = !error ? 1 : error == ENOENT ? 0 : -error;
	return !error;
}

/* -EOPNOTSUPP: this kernel has no batches. */
static int walk_batches(struct walk *w)
{
	struct batches b = { .w = w, .capacity = BATCH, .is_first = true };
	int i, ret, more;

	prefetch_init(&b.prefetch);
	prefetch_start(&b.prefetch, SLOTS, w->fn, read_batch, NULL, &b);
	do {
		struct batch *from = &b.slot[prefetch_take(&b.prefetch)];

		more = from->ret;
		ret = more < 0 ? more : walk_hand(w, from->keys, from->values, from->n);
		if (!ret && more)
			prefetch_give(&b.prefetch);
	} while (!ret && more);
	prefetch_stop(&b.prefetch);
	for (i = 0; i < SLOTS; i++) {
		free(b.slot[i].keys);
		free(b.slot[i].values);
	}
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

/*
 * Nearly all of the time the kernel waits for memory: two threads wait at the same time, and two
 * more take what they have read.
 */
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
