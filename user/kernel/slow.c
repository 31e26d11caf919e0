// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow path: a program of its own, which the attached one reaches through an array
 * (nolist_progs). This file finds it, puts it there and pins the array. The kernel empties
 * such an array when user space has no reference to it, so each array in use has a pin,
 * with the array's id in its name: an older program may still use the array of its load.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"
#include "nolist.skel.h" /* after abi.h, which it needs */

#define PIN_PROGS NOLIST_MAP_PROGS "_%u"
#define GONE_MS 500 /* the kernel takes up to this long to free a detached program */

static void pin_path(char path[4096], const char *pin_dir, unsigned int id)
{
	snprintf(path, 4096, "%s/" PIN_PROGS, pin_dir, id);
}

/* --- the maps of one program --------------------------------------------------- */

void kern_own_init(struct kern_own *own)
{
	int i;

	*own = (struct kern_own){};
	for (i = 0; i < KERN_OWNS; i++)
		own->fd[i] = -1;
}

void kern_own_close(struct kern_own *own)
{
	int i;

	for (i = 0; i < KERN_OWNS; i++)
		if (own->fd[i] >= 0)
			close(own->fd[i]);
	kern_own_init(own);
}

/* Which of its own maps has this name: enum kern_own_map; KERN_OWNS: none of them. */
static int own_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!strcmp(name, NOLIST_MAP_PROGS))
		return OWN_PROGS;
	if (!strcmp(name, NOLIST_MAP_COOKIES))
		return OWN_COOKIES;
	if (!strcmp(name, NOLIST_MAP_LIMITS))
		return OWN_LIMITS;
	return dot && !strcmp(dot, ".bss") ? OWN_BSS : KERN_OWNS;
}

static int own_add(struct kern_own *own, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int i;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	i = own_of(info.name);
	if (i == KERN_OWNS || own->fd[i] >= 0)
		return -ENOENT;
	own->fd[i] = fd;
	if (i == OWN_PROGS)
		own->progs_id = info.id;
	return 0;
}

/* A map by its id; without CAP_SYS_ADMIN by its pin, which only the array has. */
static int map_fd(unsigned int id, const char *pin_dir)
{
	int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	char path[4096];

	if (fd >= 0 || errno != EPERM)
		return fd < 0 ? -errno : fd;
	pin_path(path, pin_dir, id);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -EPERM;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.id == id)
		return fd;
	close(fd);
	return -EPERM;
}

/* Its own maps of an attached program; -EPERM: some could not be looked at. */
static int own_find(struct kern_own *own, const struct kern_prog *prog, const char *pin_dir)
{
	unsigned int i;
	int fd, ret = 0;

	kern_own_init(own);
	for (i = 0; i < prog->maps; i++) {
		fd = map_fd(prog->map_id[i], pin_dir);
		if (fd == -EPERM)
			ret = -EPERM;
		if (fd >= 0 && own_add(own, fd))
			close(fd);
	}
	return ret;
}

int kern_own_of_skel(struct kern_own *own, struct nolist_bpf *skel)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	own->fd[OWN_PROGS] = bpf_map__fd(skel->maps.nolist_progs);
	own->fd[OWN_COOKIES] = bpf_map__fd(skel->maps.nolist_cookies);
	own->fd[OWN_LIMITS] = bpf_map__fd(skel->maps.nolist_limits);
	own->fd[OWN_BSS] = bpf_map__fd(skel->maps.bss);
	if (bpf_obj_get_info_by_fd(own->fd[OWN_PROGS], &info, &size))
		return -errno;
	own->progs_id = info.id;
	return 0;
}

/* --- what is in the array ------------------------------------------------------ */

static enum kern_slow look(const struct kern_own *own, int error, unsigned int *id)
{
	__u32 slot = NOLIST_SLOT_SLOW;

	if (own->fd[OWN_PROGS] < 0)
		return error ? KERN_SLOW_UNKNOWN : KERN_SLOW_NONE;
	if (!bpf_map_lookup_elem(own->fd[OWN_PROGS], &slot, id))
		return KERN_SLOW_THERE;
	return errno == ENOENT ? KERN_SLOW_MISSING : KERN_SLOW_UNKNOWN;
}

int kern_slow_info(const struct kern_prog *prog, const char *pin_dir, struct kern_prog *slow)
{
	struct kern_own own;
	unsigned int id = 0;
	int fd, ret;

	ret = own_find(&own, prog, pin_dir);
	look(&own, ret, &id);
	kern_own_close(&own);
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd < 0)
		return id ? -errno : -ENOENT;
	ret = kern_prog_info(fd, slow);
	close(fd);
	return ret;
}

void kern_slow_look(const struct kern_prog *prog, const char *pin_dir, struct kern_if *found)
{
	struct kern_prog slow;
	struct kern_own own;
	unsigned int id = 0;
	int fd, error;

	error = own_find(&own, prog, pin_dir);
	found->slow = look(&own, error, &id);
	found->progs_id = own.progs_id;
	kern_own_close(&own);
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd < 0)
		return;
	if (!kern_prog_info(fd, &slow))
		memcpy(found->slow_tag, slow.tag, sizeof(slow.tag));
	close(fd);
}

int kern_slow_put(const struct kern_own *own, int prog_fd)
{
	__u32 slot = NOLIST_SLOT_SLOW;

	return bpf_map_update_elem(own->fd[OWN_PROGS], &slot, &prog_fd, BPF_ANY) ? -errno : 0;
}

/* Loads a slow path and puts it into the array of a program with this attach type. */
static int slow_load(const struct kern_instance *instance, const struct kern_own *own,
		     enum bpf_attach_type type)
{
	struct nolist_bpf *skel;
	int ret;

	ret = kern_skel_open(&skel, instance, own, 0, false);
	if (ret)
		return ret;
	bpf_program__set_autoload(skel->progs.nolist_ingress, false);
	bpf_program__set_autoload(skel->progs.nolist_slow, true);
	bpf_program__set_expected_attach_type(skel->progs.nolist_slow, type);
	ret = nolist_bpf__load(skel);
	if (!ret)
		ret = kern_slow_put(own, bpf_program__fd(skel->progs.nolist_slow));
	nolist_bpf__destroy(skel);
	return ret;
}

int kern_slow_give(const char *pin_dir, const struct kern_instance *instance, unsigned int prog_id,
		   unsigned int *progs_id)
{
	struct kern_prog prog;
	struct kern_own own;
	int fd, ret;

	fd = kern_prog_fd(pin_dir, prog_id);
	if (fd < 0)
		return fail(fd, "cannot look at program %u", prog_id);
	ret = kern_prog_info(fd, &prog);
	close(fd);
	if (!ret)
		ret = own_find(&own, &prog, pin_dir);
	if (ret)
		return fail(ret, "cannot look at program %u", prog_id);
	/* An array accepts one attach type only; a program loaded by `ip link` has another. */
	ret = slow_load(instance, &own, 0);
	if (ret == -EINVAL)
		ret = slow_load(instance, &own, BPF_XDP);
	if (ret)
		ret = fail(ret, "cannot give program %u its slow path", prog_id);
	else
		ret = kern_pin_progs(pin_dir, &own);
	*progs_id = own.progs_id;
	kern_own_close(&own);
	return ret;
}

/* --- pins ---------------------------------------------------------------------- */

int kern_pin_progs(const char *pin_dir, const struct kern_own *own)
{
	char path[4096];

	pin_path(path, pin_dir, own->progs_id);
	unlink(path); /* of an array that had this id before a reboot */
	return bpf_obj_pin(own->fd[OWN_PROGS], path) ?
		       fail(-errno, "cannot pin '%s'", path) : 0;
}

void kern_unpin_progs(const char *pin_dir, unsigned int id)
{
	char path[4096];

	pin_path(path, pin_dir, id);
	unlink(path);
}

bool kern_prog_uses(const struct kern_prog *prog, unsigned int map_id)
{
	unsigned int i;

	for (i = 0; i < prog->maps; i++)
		if (prog->map_id[i] == map_id)
			return true;
	return false;
}

/* Does this program use the array? What cannot be looked at counts as if it did. */
static bool may_use(unsigned int id, unsigned int map_id)
{
	struct kern_prog prog;
	int ret = kern_prog_info_of(NULL, id, &prog);

	if (ret)
		return ret != -ENOENT;
	return !strcmp(prog.name, NOLIST_PROG) && kern_prog_uses(&prog, map_id) &&
	       kern_prog_is_callable(&prog);
}

/* Does any program on this machine use it? Other network namespaces may share the pins. */
static bool is_used(unsigned int map_id)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		if (may_use(id, map_id))
			return true;
	return errno != ENOENT;
}

/* The id of the next array that has a pin; 0: no more. */
static unsigned int next_pin(DIR *dir)
{
	struct dirent *entry;
	unsigned int id;

	while ((entry = readdir(dir)))
		if (sscanf(entry->d_name, PIN_PROGS, &id) == 1 && id)
			return id;
	return 0;
}

/* Removes the pins of unused arrays; returns how many are used. */
static int unpin_unused(const char *pin_dir)
{
	DIR *dir = opendir(pin_dir);
	unsigned int id;
	int used = 0;

	if (!dir)
		return 0;
	while ((id = next_pin(dir))) {
		if (is_used(id))
			used++;
		else
			kern_unpin_progs(pin_dir, id);
	}
	closedir(dir);
	return used;
}

/* How many arrays the programs use that are attached in this network namespace. */
static int count_attached(const char *pin_dir)
{
	struct kern *k;
	int i, j, n = 0;

	if (kern_find(&k, pin_dir))
		return 0;
	for (i = 0; i < k->n_ifs; i++) {
		for (j = 0; j < i && k->ifs[j].progs_id != k->ifs[i].progs_id; j++)
			;
		n += k->ifs[i].progs_id && j == i;
	}
	kern_close(k);
	return n;
}

void kern_unpin_unused(const char *pin_dir)
{
	unpin_unused(pin_dir);
}

void kern_unpin_freed(const char *pin_dir)
{
	int attached = count_attached(pin_dir), ms;

	/* The kernel frees a detached program only when no CPU can be running it. */
	for (ms = 0; unpin_unused(pin_dir) > attached && ms < GONE_MS; ms += 10)
		usleep(10000);
}
