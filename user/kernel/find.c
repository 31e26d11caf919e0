// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds everything of ours: the pinned maps, and the programs that are attached in
 * this network namespace, with their maps. Changes nothing.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "user/base/failure.h"
#include "user/kernel/older.h"
#include "user/kernel/private.h"

const char *const kern_map_names[KERN_MAPS] = {
	[MAP_CONF] = NOLIST_MAP_CONF,         [MAP_KEY] = NOLIST_MAP_KEY,
	[MAP_CONTACTS] = NOLIST_MAP_CONTACTS, [MAP_VERIFIED] = NOLIST_MAP_VERIFIED,
	[MAP_STATS] = NOLIST_MAP_STATS,       [MAP_META] = NOLIST_MAP_META,
	[MAP_DOMAINS] = NOLIST_MAP_DOMAINS,   [MAP_STAMPS] = NOLIST_MAP_STAMPS,
	[MAP_BLOCK] = NOLIST_MAP_BLOCK,       [MAP_SAID] = NOLIST_MAP_SAID,
	[MAP_LOW_PASS] = NOLIST_MAP_LOW_PASS,
	[MAP_TENANTS] = NOLIST_MAP_TENANTS,   [MAP_TENANTED] = NOLIST_MAP_TENANTED,
};

static const struct abi {
	unsigned int version;
	struct {
		unsigned int key, value;
	} size[KERN_MAPS];
} abis[] = {
	{ NOLIST_ABI_VERSION,
	  { [MAP_CONF] = { 4, 4 },
	    [MAP_KEY] = { 4, sizeof(struct nolist_key) },
	    [MAP_CONTACTS] = { sizeof(struct nolist_source), sizeof(struct nolist_contacts) },
	    [MAP_VERIFIED] = { sizeof(struct nolist_source), sizeof(struct nolist_verified) },
	    [MAP_STATS] = { 4, sizeof(struct nolist_stats) },
	    [MAP_DOMAINS] = { 4, 4 },
	    [MAP_STAMPS] = { 4, sizeof(struct nolist_stamps) },
	    [MAP_BLOCK] = { 4, 4 },
	    [MAP_SAID] = { 4, 4 },
	    [MAP_LOW_PASS] = { 4, 4 },
	    [MAP_TENANTS] = { 4, 4 },
	    [MAP_TENANTED] = { 4, sizeof(struct nolist_tenanted) },
	    [MAP_META] = { 4, sizeof(struct nolist_meta) } } },
	{ OLDER_ABI,
	  { [MAP_CONF] = { 4, 4 },
	    [MAP_KEY] = { 4, sizeof(struct nolist_key) },
	    [MAP_CONTACTS] = { sizeof(struct nolist_source), sizeof(struct older_contacts) },
	    [MAP_VERIFIED] = { sizeof(struct nolist_source), sizeof(struct older_verified) },
	    [MAP_STATS] = { 4, sizeof(struct older_stats) },
	    [MAP_META] = { 4, OLDER_META } } },
};

/* --- instances --------------------------------------------------------------- */

void kern_instance_init(struct kern_instance *instance)
{
	int i;

	*instance = (struct kern_instance){};
	for (i = 0; i < KERN_MAPS; i++)
		instance->fd[i] = -1;
}

void kern_instance_close(struct kern_instance *instance)
{
	int i;

	for (i = 0; i < KERN_MAPS; i++)
		if (instance->fd[i] >= 0)
			close(instance->fd[i]);
	kern_instance_init(instance);
}

int kern_instance_same(const struct kern *k, unsigned int conf_id)
{
	int i;

	for (i = 0; i < k->instances; i++)
		if (k->instance[i].id[MAP_CONF] == conf_id)
			return i;
	return -1;
}

int kern_instance_add_map(struct kern_instance *instance, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int i;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	for (i = 0; i < KERN_MAPS && strcmp(info.name, kern_map_names[i]) &&
		    strcmp(info.name, older_map_names[i]); i++)
		;
	if (i == KERN_MAPS || instance->fd[i] >= 0)
		return -ENOENT;
	instance->fd[i] = fd;
	instance->id[i] = info.id;
	instance->key_size[i] = info.key_size;
	instance->value_size[i] = info.value_size;
	return 0;
}

bool kern_instance_is_whole(const struct kern_instance *instance)
{
	int i;

	for (i = 0; i < KERN_MAPS; i++)
		if (i != MAP_META && !kern_is_added(i) && instance->fd[i] < 0)
			return false;
	return true;
}

static bool instance_fits(const struct kern_instance *instance, const struct abi *abi)
{
	int i;

	for (i = 0; i < KERN_MAPS; i++)
		if (instance->fd[i] >= 0 && (instance->key_size[i] != abi->size[i].key ||
					     instance->value_size[i] != abi->size[i].value))
			return false;
	return true;
}

/* The ABI of an instance, by the sizes of keys and values; 0: unknown. */
static unsigned int instance_abi(const struct kern_instance *instance)
{
	size_t i;

	for (i = 0; i < sizeof(abis) / sizeof(*abis); i++)
		if (instance_fits(instance, &abis[i]))
			return abis[i].version;
	return 0;
}

bool kern_instance_is_used(const struct kern *k, int instance)
{
	int i;

	for (i = 0; i < k->n_ifs; i++)
		if (k->ifs[i].instance == instance)
			return true;
	return false;
}

/* A map by its pin: an fd; -ENOENT: there is none; or why it cannot be looked at. */
static int open_pin(const char *pin_dir, enum kern_map map, enum kern_pin as)
{
	char path[4096];
	int fd;

	kern_pin_path(path, pin_dir, map, as);
	fd = bpf_obj_get(path);
	if (fd >= 0)
		return fd;
	return errno == EPERM || errno == EACCES || errno == ENOTDIR ? -ENOENT : -errno;
}

/* Opens the pinned maps, or (is_aside) those that a load has replaced. */
static int open_pins(struct kern_instance *instance, const char *pin_dir, bool is_aside)
{
	int i, fd, ret;

	for (i = 0; i < KERN_MAPS; i++) {
		fd = open_pin(pin_dir, i, is_aside ? KERN_PIN_ASIDE : KERN_PIN_TODAY);
		if (fd == -ENOENT && !is_aside)
			fd = open_pin(pin_dir, i, KERN_PIN_OLDER);
		ret = fd < 0 ? fd : kern_instance_add_map(instance, fd);
		if (fd >= 0 && ret)
			close(fd);
		if (ret && ret != -ENOENT)
			return ret;
	}
	return 0;
}

/* The pinned instance, or (is_aside) the one that a load has replaced: *number is it, or -1. */
static int find_pins(struct kern *k, const char *pin_dir, bool is_aside, int *number)
{
	struct kern_instance *instance = &k->instance[k->instances];
	int error;

	*number = -1;
	kern_instance_init(instance);
	error = open_pins(instance, pin_dir, is_aside);
	/*
	 * The record of the ABI is pinned last: without it the pins are incomplete. A load
	 * that was killed may have pinned the same tables aside, too.
	 */
	if (error || instance->fd[MAP_META] < 0 ||
	    kern_instance_same(k, instance->id[MAP_CONF]) >= 0) {
		kern_instance_close(instance);
		return error;
	}
	instance->pin_dir = k->pin_dir;
	instance->abi = instance_abi(instance);
	instance->is_aside = is_aside;
	*number = k->instances++;
	return 0;
}

/* --- programs ---------------------------------------------------------------- */

int kern_prog_info(int fd, struct kern_prog *prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int i;

	*prog = (struct kern_prog){};
	info.map_ids = (__u64)(unsigned long)prog->map_id;
	info.nr_map_ids = sizeof(prog->map_id) / sizeof(*prog->map_id);
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	prog->id = info.id;
	prog->btf_id = info.btf_id;
	prog->is_extension = info.type == BPF_PROG_TYPE_EXT;
	prog->maps = info.nr_map_ids;
	if (prog->maps > sizeof(prog->map_id) / sizeof(*prog->map_id))
		prog->maps = sizeof(prog->map_id) / sizeof(*prog->map_id);
	snprintf(prog->name, sizeof(prog->name), "%s", info.name);
	for (i = 0; i < BPF_TAG_SIZE; i++)
		sprintf(prog->tag + 2 * i, "%02x", info.tag[i]);
	return 0;
}

/* What cannot be looked at counts as if it did. */
static bool link_holds(unsigned int link_id, unsigned int prog_id)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_link_get_fd_by_id(link_id);
	bool holds;

	if (fd < 0)
		return errno != ENOENT;
	holds = bpf_obj_get_info_by_fd(fd, &info, &size) || info.prog_id == prog_id;
	close(fd);
	return holds;
}

bool kern_prog_is_callable(const struct kern_prog *prog)
{
	__u32 id = 0;

	if (!prog->is_extension)
		return true;
	while (!bpf_link_get_next_id(id, &id))
		if (link_holds(id, prog->id))
			return true;
	return errno != ENOENT;
}

/* Opens those of a program's maps that are ours; *has_ours: there are some. */
static int open_maps(struct kern_instance *instance, const struct kern_prog *prog, bool *has_ours)
{
	unsigned int i;
	int fd, ret;

	kern_instance_init(instance);
	for (i = 0; i < prog->maps; i++) {
		fd = bpf_map_get_fd_by_id(prog->map_id[i]);
		if (fd < 0 && errno != ENOENT && errno != EPERM)
			return -errno;
		if (fd < 0)
			continue;
		ret = kern_instance_add_map(instance, fd);
		if (ret)
			close(fd);
		if (ret && ret != -ENOENT)
			return ret;
		*has_ours |= !ret;
	}
	return 0;
}

/*
 * *number is that of the instance that a program's maps are, which is added if it is new;
 * -1: maps of another version of ours; -ENOENT: it has none of our maps.
 */
static int find_instance(struct kern *k, const struct kern_prog *prog, int *number)
{
	struct kern_instance instance;
	bool has_ours = false;
	unsigned int i;
	int error;

	for (i = 0; i < prog->maps; i++) {
		*number = kern_instance_same(k, prog->map_id[i]);
		if (*number >= 0)
			return 0;
	}
	error = open_maps(&instance, prog, &has_ours);
	*number = has_ours ? -1 : -ENOENT;
	if (instance.fd[MAP_CONF] >= 0)
		*number = kern_instance_same(k, instance.id[MAP_CONF]);
	if (error || !kern_instance_is_whole(&instance) || *number >= 0 ||
	    k->instances == KERN_INSTANCES_MAX) {
		kern_instance_close(&instance);
		return error;
	}
	instance.abi = instance_abi(&instance);
	k->instance[k->instances] = instance;
	*number = k->instances++;
	return 0;
}

static int find_if(struct kern *k, int ifindex, const char *name)
{
	struct kern_if *found = &k->ifs[k->n_ifs];
	struct kern_slot slot;
	struct kern_prog prog;
	int fd, ret;

	if (k->n_ifs == KERN_IFS_MAX)
		return 0;
	ret = kern_slot(k->pin_dir, ifindex, &slot);
	if (ret == -EPERM && k->pinned >= 0) {
		kern_slot_by_pins(k->pin_dir, ifindex, &slot);
		ret = 0;
	}
	if (ret || !slot.ours)
		return ret;
	fd = kern_prog_fd(k->pin_dir, slot.ours);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd; /* it was detached meanwhile */
	ret = kern_prog_info(fd, &prog);
	close(fd);
	if (ret)
		return ret;
	*found = (struct kern_if){ .ifindex = ifindex,
				   .mode = slot.mode,
				   .is_shared = slot.is_shared,
				   .prog_id = slot.ours };
	snprintf(found->name, sizeof(found->name), "%s", name);
	memcpy(found->tag, prog.tag, sizeof(found->tag));
	ret = find_instance(k, &prog, &found->instance);
	if (ret)
		return ret;
	found->is_pinned = found->instance >= 0 && k->instance[found->instance].pin_dir;
	kern_slow_look(&prog, k->pin_dir, found);
	/* A program with our name and none of our maps is not ours. */
	if (found->instance != -ENOENT)
		k->n_ifs++;
	return 0;
}

int kern_find(struct kern **kp, const char *pin_dir)
{
	struct if_nameindex *names, *n;
	struct kern *k;
	int ret, aside;

	kern_quiet();
	if (geteuid() != 0)
		return fail(-EPERM, "cannot look at BPF objects");
	k = calloc(1, sizeof(*k));
	names = if_nameindex();
	if (!k || !names) {
		ret = fail(k ? -errno : -ENOMEM, "cannot list the interfaces");
		if (names)
			if_freenameindex(names);
		free(k);
		return ret;
	}
	k->pin_dir = pin_dir;
	ret = find_pins(k, pin_dir, false, &k->pinned);
	if (!ret)
		ret = find_pins(k, pin_dir, true, &aside);
	for (n = names; n->if_index && !ret; n++)
		ret = find_if(k, n->if_index, n->if_name);
	if_freenameindex(names);
	if (ret) {
		kern_close(k);
		return fail(ret, "cannot look at the attached programs");
	}
	*kp = k;
	return 0;
}

bool kern_is_pinned(const struct kern *k, int instance)
{
	return k->instance[instance].pin_dir && !k->instance[instance].is_aside;
}

const struct kern_if *kern_if_of(const struct kern *k, int ifindex)
{
	int i;

	for (i = 0; i < k->n_ifs; i++)
		if (k->ifs[i].ifindex == ifindex)
			return &k->ifs[i];
	return NULL;
}

void kern_close(struct kern *k)
{
	int i;

	if (!k)
		return;
	for (i = 0; i < k->instances; i++)
		kern_instance_close(&k->instance[i]);
	free(k);
}

/* --- versions ---------------------------------------------------------------- */

static int refuse(const char *whose, unsigned int version)
{
	if (version == NOLIST_ABI_VERSION)
		failx(-EPROTO, "%s incomplete", whose);
	else if (version)
		failx(-EPROTO, "%s of version %u, this tool needs version %u", whose, version,
		      NOLIST_ABI_VERSION);
	else
		failx(-EPROTO, "%s of an unknown version, this tool needs version %u", whose,
		      NOLIST_ABI_VERSION);
	return fail_hint("the version that made them can still collect; \"nolist-xdp unload "
			 "--purge\" drops the old tables, then load");
}

int kern_abi(const struct kern *k, const char *pin_dir)
{
	struct nolist_meta meta;
	char whose[4096];
	int i, version;

	for (i = 0; i < k->n_ifs; i++) {
		snprintf(whose, sizeof(whose), "program at '%s' is", k->ifs[i].name);
		version = kern_prog_version(pin_dir, k->ifs[i].prog_id);
		if (version < 0 && version != -EPERM)
			return fail(version, "cannot look at the program at '%s'", k->ifs[i].name);
		if (k->ifs[i].instance < 0 || !version ||
		    (version > 0 &&
		     (unsigned int)version != k->instance[k->ifs[i].instance].abi))
			return refuse(whose, version > 0 ? version : 0);
	}
	for (i = 0; i < k->instances; i++) {
		snprintf(whose, sizeof(whose), "tables%s%s%s are", i == k->pinned ? " in '" : "",
			 i == k->pinned ? pin_dir : "", i == k->pinned ? "'" : "");
		if (!kern_meta(k, i, &meta) && meta.magic &&
		    (meta.magic != NOLIST_MAGIC || meta.version != k->instance[i].abi))
			return refuse(whose, meta.magic == NOLIST_MAGIC ? meta.version : 0);
		if (!kern_instance_is_whole(&k->instance[i]) || !k->instance[i].abi)
			return refuse(whose, NOLIST_ABI_VERSION);
	}
	return 0;
}

int kern_open(struct kern **kp, const char *pin_dir)
{
	struct kern *k;
	int ret;

	ret = kern_find(&k, pin_dir);
	if (ret)
		return ret;
	ret = kern_abi(k, pin_dir);
	if (!ret && !k->instances) {
		failx(-ENOENT, "nothing is attached, and nothing is pinned in '%s'", pin_dir);
		ret = fail_hint("\"nolist-xdp load\" attaches; --pin-dir names another directory");
	}
	if (ret) {
		kern_close(k);
		return ret;
	}
	*kp = k;
	return 0;
}

int kern_ifs(const struct kern *k, const struct kern_if **ifs)
{
	*ifs = k->ifs;
	return k->n_ifs;
}

int kern_instances(const struct kern *k)
{
	return k->instances;
}
