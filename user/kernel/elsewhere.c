// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that use our tables and are attached to no interface of this network namespace:
 * an interface that was moved to another namespace keeps its program. The kernel does not
 * say where a program is attached, only that it is still there.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/kernel/private.h"

#define GONE_MS 500 /* the kernel takes up to this long to free a detached program */

static bool is_here(const struct kern *k, unsigned int prog_id)
{
	int i;

	for (i = 0; i < k->n_ifs; i++)
		if (k->ifs[i].prog_id == prog_id)
			return true;
	return false;
}

/* Does it use tables that are pinned? */
static bool uses_pinned(const struct kern *k, const struct kern_prog *prog)
{
	unsigned int i;
	int at;

	for (i = 0; i < prog->maps; i++) {
		at = kern_instance_same(k, prog->map_id[i]);
		if (at >= 0 && k->instance[at].pin_dir)
			return true;
	}
	return false;
}

unsigned int kern_elsewhere(const struct kern *k)
{
	struct kern_prog prog;
	bool is_it = false;
	__u32 id = 0;
	int fd;

	while (!is_it && !bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		is_it = !kern_prog_info(fd, &prog) && !strcmp(prog.name, NOLIST_PROG) &&
			!is_here(k, id) && uses_pinned(k, &prog) && kern_prog_is_callable(&prog);
		close(fd);
	}
	return is_it ? id : 0;
}

static unsigned int pinned_id(const char *pin_dir)
{
	struct kern_prog prog;
	char path[4096];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/" NOLIST_PROG, pin_dir);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	ret = kern_prog_info(fd, &prog);
	close(fd);
	return ret ? 0 : prog.id;
}

unsigned int kern_still_elsewhere(const struct kern *k, const char *pin_dir)
{
	unsigned int pinned = pinned_id(pin_dir), id;
	int ms, fd;

	/* Its pin may be all that keeps a program: without it, it is freed or in use. */
	if (pinned && !is_here(k, pinned))
		kern_unpin_prog(pin_dir);
	for (ms = 0; (id = kern_elsewhere(k)) && ms < GONE_MS; ms += 10)
		usleep(10000);
	fd = id && id == pinned ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd >= 0) {
		kern_pin_prog(pin_dir, fd);
		close(fd);
	}
	return id;
}
