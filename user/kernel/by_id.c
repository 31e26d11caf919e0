// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs and maps by their ids, which needs CAP_SYS_ADMIN. A command without it, as
 * collect and dump in their units, finds by their pins what load has pinned, and what
 * libxdp pins of its dispatchers. An object without a pin is not seen then, and does not
 * count as ours.
 */
#define _GNU_SOURCE /* secure_getenv */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <glob.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/kernel/private.h"

/* Where libxdp pins what its dispatchers call: a directory for each, a file for a program. */
static const char *libxdp_pins(char path[4096], const char *name)
{
	const char *bpffs = secure_getenv("LIBXDP_BPFFS");

	snprintf(path, 4096, "%s/xdp/%s", bpffs ? bpffs : "/sys/fs/bpf", name);
	return path;
}

static int prog_at(const char *path, unsigned int id)
{
	struct kern_prog prog;
	int fd = bpf_obj_get(path);

	if (fd >= 0 && (kern_prog_info(fd, &prog) || prog.id != id)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The program with this id among all pins that match the pattern: an fd, or -1. */
static int first_of(const char *pattern, unsigned int id)
{
	glob_t found = {};
	size_t i;
	int fd = -1;

	if (!glob(pattern, 0, NULL, &found))
		for (i = 0; i < found.gl_pathc && fd < 0; i++)
			fd = prog_at(found.gl_pathv[i], id);
	globfree(&found);
	return fd;
}

int kern_prog_fd(const char *pin_dir, unsigned int id)
{
	int fd = bpf_prog_get_fd_by_id(id);
	char path[4096];

	if (fd >= 0 || errno != EPERM)
		return fd < 0 ? -errno : fd;
	snprintf(path, sizeof(path), "%s/" NOLIST_PROG, pin_dir ? pin_dir : "");
	fd = pin_dir ? prog_at(path, id) : -1;
	if (fd < 0)
		fd = first_of(libxdp_pins(path, "dispatch-*/prog*-prog"), id);
	return fd < 0 ? -EPERM : fd;
}

static int map_at(const char *pin_dir, const char *name, unsigned int id)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pin_dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -EPERM;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.id == id)
		return fd;
	close(fd);
	return -EPERM;
}

int kern_conf_fd(const char *pin_dir, unsigned int id)
{
	int fd = bpf_map_get_fd_by_id(id);

	if (fd >= 0 || errno != EPERM || !pin_dir)
		return fd < 0 ? -errno : fd;
	fd = map_at(pin_dir, KERN_PIN_CONF, id);
	return fd < 0 ? map_at(pin_dir, KERN_PIN_CONF_ASIDE, id) : fd;
}

/*
 * Not by libxdp's xdp_multiprog__get_from_ifindex(): before 1.4.1 it leaves two descriptors
 * open each time, and with them programs that were detached long ago.
 */
int kern_shared(int ifindex, unsigned int dispatcher, struct kern_prog progs[KERN_SHARED_MAX])
{
	char path[4096], name[64];
	int i, fd, ret = 0;

	for (i = 0; i < KERN_SHARED_MAX && !ret; i++) {
		snprintf(name, sizeof(name), "dispatch-%d-%u/prog%d-prog", ifindex, dispatcher, i);
		fd = bpf_obj_get(libxdp_pins(path, name));
		if (fd < 0)
			break;
		ret = kern_prog_info(fd, &progs[i]);
		close(fd);
	}
	return ret ? ret : i;
}

unsigned int kern_shared_ours(int ifindex, unsigned int dispatcher)
{
	struct kern_prog progs[KERN_SHARED_MAX];
	int i, n = kern_shared(ifindex, dispatcher, progs);

	for (i = 0; i < n; i++)
		if (!strcmp(progs[i].name, NOLIST_PROG))
			return progs[i].id;
	return 0;
}

void kern_slot_by_pins(const char *pin_dir, int ifindex, struct kern_slot *slot)
{
	char path[4096], name[64];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "dispatch-%d-%u", ifindex, slot->id);
	slot->is_shared = !stat(libxdp_pins(path, name), &st);
	if (slot->is_shared) {
		slot->ours = kern_shared_ours(ifindex, slot->id);
		return;
	}
	fd = kern_prog_fd(pin_dir, slot->id);
	if (fd < 0)
		return;
	slot->ours = slot->id;
	close(fd);
}

/* --- versions ---------------------------------------------------------------- */

/* Offset of nolist_object in .rodata, in bytes, by the BTF of the map; -ENOENT: not there. */
static int object_offset(const struct bpf_map_info *info)
{
	struct btf *btf = info->btf_id ? btf__load_from_kernel_by_id(info->btf_id) : NULL;
	const struct btf_type *section;
	const struct btf_var_secinfo *var;
	int i, offset = -ENOENT;

	if (!btf)
		return info->btf_id && errno ? -errno : -ENOENT;
	section = btf__type_by_id(btf, info->btf_value_type_id);
	if (section && btf_is_datasec(section)) {
		var = btf_var_secinfos(section);
		for (i = 0; i < btf_vlen(section); i++) {
			const struct btf_type *t = btf__type_by_id(btf, var[i].type);

			if (t && !strcmp(btf__name_by_offset(btf, t->name_off), "nolist_object"))
				offset = var[i].offset;
		}
	}
	btf__free(btf);
	return offset;
}

static int object_of_map(int fd, struct nolist_object *object)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0;
	char *value, *dot;
	int offset;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	dot = strrchr(info.name, '.');
	if (info.type != BPF_MAP_TYPE_ARRAY || !dot || strncmp(dot, ".rodata", strlen(dot)))
		return -ENOENT;
	offset = object_offset(&info);
	if (offset < 0)
		return offset;
	if (offset + sizeof(*object) > info.value_size)
		return -ENOENT;
	value = calloc(1, info.value_size);
	if (!value)
		return -ENOMEM;
	if (!bpf_map_lookup_elem(fd, &zero, value))
		memcpy(object, value + offset, sizeof(*object));
	free(value);
	return object->magic == NOLIST_MAGIC ? 0 : -ENOENT;
}

int kern_prog_version(const char *pin_dir, unsigned int id)
{
	struct nolist_object object = {};
	struct kern_prog prog;
	int fd, map, ret;
	unsigned int i;

	fd = kern_prog_fd(pin_dir, id);
	if (fd < 0)
		return fd == -ENOENT || fd == -EPERM ? 0 : fd;
	ret = kern_prog_info(fd, &prog);
	close(fd);
	for (i = 0; i < prog.maps && !ret && !object.version; i++) {
		map = bpf_map_get_fd_by_id(prog.map_id[i]);
		/* Without permission the version of the tables, also compared, must do. */
		if (map < 0) {
			ret = errno == ENOENT ? 0 : -errno;
			continue;
		}
		ret = object_of_map(map, &object);
		if (ret)
			object.version = 0;
		if (ret == -ENOENT)
			ret = 0;
		close(map);
	}
	return ret ? ret : (int)object.version;
}
