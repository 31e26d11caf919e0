// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory of pins: one file for each map, with its name, and one for the program.
 * Its lock prevents two loads at the same time. Pinned evidence outlives an unload.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/older.h"
#include "user/kernel/private.h"

#define PIN_PREFIX "nolist_" /* of everything that a load pins */
#define PIN_NEW "nolist_new" /* a pin that replaces another, until it is renamed */

static void path_of(char path[4096], const char *dir, const char *name)
{
	snprintf(path, 4096, "%s/%s", dir, name);
}

static int check_bpffs(const char *dir, const char *pin_dir)
{
	struct statfs fs;

	if (statfs(dir, &fs))
		return fail(-errno, "cannot look at '%s'", dir);
	if ((unsigned long)fs.f_type == BPF_FS_MAGIC)
		return 0;
	failx(-EINVAL, "'%s' is not on a BPF file system", pin_dir);
	return fail_hint("\"mount -t bpf bpf /sys/fs/bpf\" mounts one there");
}

/* As mkdir -p, but on a BPF file system only. */
static int make_dir(const char *pin_dir, bool *is_new)
{
	char path[4096], *slash = path;
	struct stat st;
	int ret;

	if (snprintf(path, sizeof(path), "%s", pin_dir) >= (int)sizeof(path) || *path != '/')
		return failx(-EINVAL, "'%s' is not an absolute path", pin_dir);
	*is_new = false;
	while (slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (stat(path, &st)) {
			char parent[4096], *end;

			snprintf(parent, sizeof(parent), "%s", path);
			end = strrchr(parent, '/');
			end[end == parent] = '\0';
			ret = check_bpffs(parent, pin_dir);
			if (ret)
				return ret;
			if (mkdir(path, 0700) && errno != EEXIST)
				return fail(-errno, "cannot make '%s'", path);
			*is_new = true;
		}
		if (slash)
			*slash = '/';
	}
	return check_bpffs(pin_dir, pin_dir);
}

int kern_lock(const char *pin_dir, bool *is_new)
{
	struct stat here, there;
	int fd, ret;

	for (;;) {
		ret = is_new ? make_dir(pin_dir, is_new) : 0;
		if (ret)
			return ret;
		fd = open(pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return fail(-errno, "cannot open '%s'", pin_dir);
		if (flock(fd, LOCK_EX)) {
			ret = fail(-errno, "cannot lock '%s'", pin_dir);
			close(fd);
			return ret;
		}
		/* The process that held the lock may have removed the directory. */
		if (!fstat(fd, &here) && !stat(pin_dir, &there) && here.st_ino == there.st_ino)
			return fd;
		close(fd);
	}
}

void kern_pin_path(char path[4096], const char *pin_dir, enum kern_map map, enum kern_pin as)
{
	const char *older = older_map_names[map];

	if (as == KERN_PIN_ASIDE)
		snprintf(path, 4096, "%s/" PIN_PREFIX "old_%s", pin_dir,
			 older + strlen(PIN_PREFIX));
	else
		path_of(path, pin_dir, as == KERN_PIN_OLDER ? older : kern_map_names[map]);
}

static void unpin_as(const char *pin_dir, enum kern_map map, enum kern_pin as)
{
	char path[4096];

	kern_pin_path(path, pin_dir, map, as);
	unlink(path);
}

/*
 * The record of the ABI is pinned last, as a sign that the pins are complete; so that of
 * other tables is removed first.
 */
static int pin_instance(const char *pin_dir, const struct kern_instance *instance, enum kern_pin as)
{
	char path[4096];
	int i;

	unpin_as(pin_dir, MAP_META, as);
	for (i = 0; i < KERN_MAPS; i++) {
		if (instance->fd[i] < 0)
			continue;
		unpin_as(pin_dir, i, as); /* of a load that was killed half-way */
		kern_pin_path(path, pin_dir, i, as);
		if (bpf_obj_pin(instance->fd[i], path))
			return fail(-errno, "cannot pin '%s'", path);
	}
	return 0;
}

int kern_pin(const char *pin_dir, const struct kern_instance *instance)
{
	int i;

	/* The older tables were replaced, and are pinned aside. */
	for (i = KERN_MAPS - 1; i >= 0; i--)
		unpin_as(pin_dir, i, KERN_PIN_OLDER);
	return pin_instance(pin_dir, instance, KERN_PIN_TODAY);
}

int kern_pin_back(const char *pin_dir, const struct kern_instance *instance)
{
	int i;

	for (i = KERN_MAPS - 1; i >= 0; i--)
		unpin_as(pin_dir, i, KERN_PIN_TODAY);
	return pin_instance(pin_dir, instance, KERN_PIN_OLDER);
}

int kern_pin_aside(const char *pin_dir, const struct kern_instance *instance)
{
	char path[4096], from[4096];

	/* Without CAP_SYS_ADMIN a configuration is found by this pin: see by_id.c. */
	path_of(path, pin_dir, KERN_PIN_CONF_ASIDE);
	path_of(from, pin_dir, KERN_PIN_CONF);
	unlink(path);
	if (link(from, path) && errno != ENOENT && errno != EPERM)
		return fail(-errno, "cannot pin '%s'", path);
	return pin_instance(pin_dir, instance, KERN_PIN_ASIDE);
}

int kern_unpin_aside(const char *pin_dir)
{
	char path[4096];
	int i, ret = 0;

	for (i = KERN_MAPS - 1; i >= 0; i--) {
		kern_pin_path(path, pin_dir, i, KERN_PIN_ASIDE);
		if (unlink(path) && errno != ENOENT && !ret)
			ret = fail(-errno, "cannot remove '%s'", path);
	}
	path_of(path, pin_dir, KERN_PIN_CONF_ASIDE);
	unlink(path);
	return ret;
}

/* Pins in the place of an existing pin, without a moment without one. */
static int pin_over(const char *pin_dir, const char *name, int fd)
{
	char path[4096], next[4096];

	path_of(path, pin_dir, name);
	path_of(next, pin_dir, PIN_NEW);
	unlink(next);
	if (bpf_obj_pin(fd, next) || rename(next, path))
		return fail(-errno, "cannot pin '%s'", path);
	return 0;
}

int kern_pin_prog(const char *pin_dir, int prog_fd)
{
	return pin_over(pin_dir, NOLIST_PROG, prog_fd);
}

int kern_pin_conf(const char *pin_dir, int fd)
{
	return pin_over(pin_dir, KERN_PIN_CONF, fd);
}

void kern_unpin_prog(const char *pin_dir)
{
	char path[4096];

	path_of(path, pin_dir, NOLIST_PROG);
	unlink(path);
}

/*
 * Removes other pins with our prefix: of a load that was killed, or of another version. Not
 * arrays of programs, which may be in use: slow.c removes them.
 */
static void unpin_left(const char *pin_dir)
{
	DIR *dir = opendir(pin_dir);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, PIN_PREFIX, strlen(PIN_PREFIX)) &&
		    strncmp(entry->d_name, NOLIST_MAP_PROGS, strlen(NOLIST_MAP_PROGS)))
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

void kern_unpin(const char *pin_dir)
{
	char path[4096];
	int i;

	kern_unpin_prog(pin_dir);
	path_of(path, pin_dir, KERN_PIN_CONF);
	unlink(path);
	for (i = KERN_MAPS - 1; i >= 0; i--) {
		path_of(path, pin_dir, kern_map_names[i]);
		unlink(path);
	}
	unpin_left(pin_dir);
	kern_unpin_unused(pin_dir);
	rmdir(pin_dir);
}
