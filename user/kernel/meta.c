// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a load writes into the tables: their version once, and each time which MX
 * addresses came in force, and the configuration.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "user/base/addr.h"
#include "user/base/failure.h"
#include "user/kernel/private.h"

static int read_meta(const struct kern_instance *instance, struct nolist_meta *meta)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(instance->fd[MAP_META], &zero, meta))
		return fail(-errno, "cannot read the tables' version");
	return 0;
}

static int put_meta(const struct kern_instance *instance, const struct nolist_meta *meta)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(instance->fd[MAP_META], &zero, meta, BPF_ANY))
		return fail(-errno, "cannot write the tables' version");
	return 0;
}

int kern_write_meta(const struct kern_instance *instance)
{
	struct nolist_meta meta;
	int ret = read_meta(instance, &meta);

	if (ret || meta.magic)
		return ret;
	meta = (struct nolist_meta){ .magic = NOLIST_MAGIC,
				     .version = NOLIST_ABI_VERSION,
				     .created_ns = kern_now_ns() };
	if (getrandom(&meta.generation, sizeof(meta.generation), 0) != sizeof(meta.generation))
		return fail(-errno, "cannot write the tables' version");
	return put_meta(instance, &meta);
}

#define MX_NO_LOW (NOLIST_MX_NO_LOW(0) | NOLIST_MX_NO_LOW(1))

/* The families in which a sender whose walk used the other one may have left no contact. */
static __u64 mx_no_low(const bool has[2][NOLIST_ROLES])
{
	__u64 bits = 0;
	int f;

	for (f = 0; f < 2; f++)
		if (!has[f][NOLIST_LOW] && (has[!f][NOLIST_LOW] || has[!f][NOLIST_REAL]))
			bits |= NOLIST_MX_NO_LOW(f);
	return bits;
}

/* A number for the addresses and their roles, independent of their order; never 0. */
static __u64 mx_number(const struct nolist_config *conf)
{
	bool has[2][NOLIST_ROLES] = {};
	__u64 sum = 0, h;
	int i, k;

	for (i = 0; i < NOLIST_SLOTS; i++) {
		const struct nolist_slot *s = &conf->slot[i];

		/* What comes to a tenant's is no evidence that a change of its addresses could spoil. */
		if (s->role == NOLIST_NONE || s->role == NOLIST_OWN || NOLIST_TENANT(s->role))
			continue;
		if (s->role < NOLIST_ROLES)
			has[!addr_is_ip4(&s->addr)][s->role] = true;
		/* FNV-1a */
		h = (0xcbf29ce484222325ull ^ s->role) * 0x100000001b3ull;
		for (k = 0; k < 16; k++)
			h = (h ^ s->addr.b[k]) * 0x100000001b3ull;
		sum += h;
	}
	sum &= ~MX_NO_LOW;
	return (sum ? sum : 1) | mx_no_low(has);
}

static void add_change(struct nolist_meta *meta, __u64 mx, __u64 at_ns)
{
	memmove(meta->change + 1, meta->change, sizeof(meta->change) - sizeof(*meta->change));
	meta->change[0] = (struct nolist_change){ mx, at_ns };
}

static int note_mx(const struct kern_instance *instance, const struct nolist_config *conf,
		   __u64 learning_ns, struct nolist_meta *was)
{
	__u64 mx = mx_number(conf);
	struct nolist_meta meta;
	int ret = read_meta(instance, was);

	if (ret)
		return ret;
	meta = *was;
	if (learning_ns)
		meta.learning_ns = learning_ns;
	if (meta.change[0].mx != mx)
		add_change(&meta, mx, kern_now_ns());
	if (!memcmp(&meta, was, sizeof(meta)))
		return 0;
	return put_meta(instance, &meta);
}

/*
 * Two changes: to other addresses, and back. So a later load with the same addresses finds
 * them in force and adds none. They are two seconds apart, since the store has seconds.
 */
int kern_learn_anew(const struct kern *k, int instance)
{
	unsigned long long now = kern_now_ns();
	struct nolist_meta meta;
	int ret = read_meta(&k->instance[instance], &meta);
	__u64 mx = ret ? 0 : meta.change[0].mx;

	if (!mx)
		return ret;
	add_change(&meta, mx ^ 1 ? mx ^ 1 : mx ^ 3, now - 2000000000ull);
	add_change(&meta, mx, now);
	return put_meta(&k->instance[instance], &meta);
}

/* A new inner array is filled, then replaces the old one in one write. */
int kern_commit(const char *pin_dir, const struct kern_instance *instance,
		const struct nolist_config *conf, __u64 learning_ns)
{
	struct nolist_meta was;
	__u32 zero = 0;
	int fd, ret;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nolist_config", sizeof(zero), sizeof(*conf), 1,
			    NULL);
	if (fd < 0)
		return fail(-errno, "cannot make a configuration");
	ret = pin_dir ? kern_pin_next(pin_dir, fd) : 0;
	if (!ret)
		ret = note_mx(instance, conf, learning_ns, &was);
	if (!ret && (bpf_map_update_elem(fd, &zero, conf, BPF_ANY) ||
		     bpf_map_update_elem(instance->fd[MAP_CONF], &zero, &fd, BPF_ANY))) {
		ret = fail(-errno, "cannot put the configuration in force");
		bpf_map_update_elem(instance->fd[MAP_META], &zero, &was, BPF_ANY);
	}
	if (pin_dir && ret)
		kern_unpin_next(pin_dir);
	else if (pin_dir)
		ret = kern_pin_rename(pin_dir) ? 1 : 0;
	close(fd);
	return ret;
}
