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

void kern_rmdir(const char *pin_dir, int made)
{
	char path[4096], *slash;

	snprintf(path, sizeof(path), "%s", pin_dir);
	for (; made > 0; made--) {
		while ((slash = strrchr(path, '/')) && slash != path && !slash[1])
			*slash = '\0';
		if (rmdir(path) && errno != EINTR)
			return;
		slash = strrchr(path, '/');
		if (!slash || slash == path)
			return;
		*slash = '\0';
	}
}

static int make_one(const char *path, const char *pin_dir)
{
	char parent[4096], *end;
	int ret;

	snprintf(parent, sizeof(parent), "%s", path);
	end = strrchr(parent, '/');
	end[end == parent] = '\0';
	ret = check_bpffs(parent, pin_dir);
	if (ret)
		return ret;
	if (!mkdir(path, 0700))
		return 1;
	return errno == EEXIST ? 0 : fail(-errno, "cannot make '%s'", path);
}

/* As mkdir -p, but on a BPF file system only. */
static int make_dir(const char *pin_dir, int *made)
{
	char path[4096], *slash = path;
	struct stat st;
	int ret;

	if (snprintf(path, sizeof(path), "%s", pin_dir) >= (int)sizeof(path) || *path != '/')
		return failx(-EINVAL, "'%s' is not an absolute path", pin_dir);
	while (slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		ret = stat(path, &st) ? make_one(path, pin_dir) : 0;
		if (ret < 0)
			return ret;
		*made += ret;
		if (slash)
			*slash = '/';
	}
	return check_bpffs(pin_dir, pin_dir);
}

/* Opens and locks the directory: an fd, or -errno. */
static int lock_dir(const char *pin_dir)
{
	int fd = open(pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return fail(-errno, "cannot open '%s'", pin_dir);
	while (!ret && flock(fd, LOCK_EX))
		if (errno != EINTR)
			ret = fail(-errno, "cannot lock '%s'", pin_dir);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int kern_lock(const char *pin_dir, int *made)
{
	struct stat here, there;
	int fd;

	for (;;) {
		if (made)
			*made = 0;
		fd = made ? make_dir(pin_dir, made) : 0;
		if (!fd)
			fd = lock_dir(pin_dir);
		if (fd < 0 && made)
			kern_rmdir(pin_dir, *made);
		if (fd < 0)
			return fd;
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

int kern_pin_map(const char *pin_dir, const struct kern_instance *instance, enum kern_map map)
{
	char path[4096];

	unpin_as(pin_dir, map, KERN_PIN_TODAY);
	kern_pin_path(path, pin_dir, map, KERN_PIN_TODAY);
	return bpf_obj_pin(instance->fd[map], path) ? fail(-errno, "cannot pin '%s'", path) : 0;
}

void kern_unpin_map(const char *pin_dir, enum kern_map map)
{
	unpin_as(pin_dir, map, KERN_PIN_TODAY);
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

/* --- one pin ------------------------------------------------------------------ */

/* A second time, since it may have failed for a reason that has passed. */
static int unlink_pin(const char *path)
{
	if (!unlink(path) || errno == ENOENT || !unlink(path) || errno == ENOENT)
		return 0;
	return fail(-errno, "cannot remove '%s'", path);
}

static int pin_next(const char *pin_dir, const char *name, int fd)
{
	char next[4096];

	path_of(next, pin_dir, PIN_NEW);
	unlink(next);
	if (bpf_obj_pin(fd, next))
		return fail(-errno, "cannot pin '%s/%s'", pin_dir, name);
	return 0;
}

/* In the place of an existing pin, without a moment without one. */
static int rename_next(const char *pin_dir, const char *name)
{
	char path[4096], next[4096];
	int ret;

	path_of(path, pin_dir, name);
	path_of(next, pin_dir, PIN_NEW);
	if (!rename(next, path) || !rename(next, path))
		return 0;
	ret = fail(-errno, "cannot pin '%s'", path);
	unlink(next);
	return ret;
}

int kern_pin_prog(const char *pin_dir, int prog_fd)
{
	int ret = pin_next(pin_dir, NOLIST_PROG, prog_fd);

	return ret ? ret : rename_next(pin_dir, NOLIST_PROG);
}

int kern_pin_listed(const char *pin_dir, int fd)
{
	int ret = pin_next(pin_dir, KERN_PIN_LISTED, fd);

	return ret ? ret : rename_next(pin_dir, KERN_PIN_LISTED);
}

void kern_unpin_listed(const char *pin_dir)
{
	char path[4096];

	path_of(path, pin_dir, KERN_PIN_LISTED);
	unlink_pin(path);
}

int kern_pin_next(const char *pin_dir, int fd)
{
	return pin_next(pin_dir, KERN_PIN_CONF, fd);
}

int kern_pin_rename(const char *pin_dir)
{
	return rename_next(pin_dir, KERN_PIN_CONF);
}

void kern_unpin_next(const char *pin_dir)
{
	char next[4096];

	path_of(next, pin_dir, PIN_NEW);
	unlink_pin(next);
}

void kern_unpin_prog(const char *pin_dir)
{
	char path[4096];

	path_of(path, pin_dir, NOLIST_PROG);
	unlink_pin(path);
}

/* --- all of them -------------------------------------------------------------- */

/*
 * Removes other pins with our prefix: of a load that was killed, or of another version. Not
 * arrays of programs, which may be in use: slow.c removes them.
 */
static int unpin_left(const char *pin_dir)
{
	DIR *dir = opendir(pin_dir);
	struct dirent *entry;
	char path[4096];
	int ret = 0;

	if (!dir)
		return errno == ENOENT ? 0 : fail(-errno, "cannot open '%s'", pin_dir);
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, PIN_PREFIX, strlen(PIN_PREFIX)) &&
		    strncmp(entry->d_name, NOLIST_MAP_PROGS, strlen(NOLIST_MAP_PROGS))) {
			path_of(path, pin_dir, entry->d_name);
			ret = unlink_pin(path) ? -EIO : ret;
		}
	closedir(dir);
	return ret;
}

int kern_unpin(const char *pin_dir)
{
	char path[4096];
	int i, ret = 0;

	kern_unpin_prog(pin_dir);
	path_of(path, pin_dir, KERN_PIN_CONF);
	unlink_pin(path);
	for (i = KERN_MAPS - 1; i >= 0; i--) {
		path_of(path, pin_dir, kern_map_names[i]);
		unlink_pin(path);
	}
	/* Also what was not removed just now. */
	ret = unpin_left(pin_dir);
	kern_unpin_unused(pin_dir);
	/* Somebody else may have pinned something there, or another namespace uses an array. */
	if (!ret && rmdir(pin_dir) && errno != ENOTEMPTY && errno != ENOENT && rmdir(pin_dir) &&
	    errno != ENOTEMPTY && errno != ENOENT)
		ret = fail(-errno, "cannot remove '%s'", pin_dir);
	return ret;
}
