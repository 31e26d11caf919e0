// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interface at a time: what is attached there, and attaching, replacing and
 * detaching our program. No other program is ever removed: every change names the
 * program that it expects to find.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"
#include "nolist.skel.h" /* after abi.h, which it needs */

#define DISPATCHER "xdp_dispatcher" /* libxdp's program, which calls the others */
#define UNDO_TRIES 3 /* a request may fail for a reason that passes */

const char *kern_if_name(int ifindex, char name[16])
{
	if (!if_indextoname(ifindex, name))
		snprintf(name, 16, "%d", ifindex);
	return name;
}

static unsigned int mode_flag(enum kern_mode mode)
{
	return mode == KERN_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

static enum xdp_attach_mode libxdp_mode(enum kern_mode mode)
{
	return mode == KERN_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

/* --- what is there ----------------------------------------------------------- */

int kern_prog_info_of(const char *pin_dir, unsigned int id, struct kern_prog *prog)
{
	int fd = kern_prog_fd(pin_dir, id), ret;

	if (fd < 0)
		return fd;
	ret = kern_prog_info(fd, prog);
	close(fd);
	return ret;
}

int kern_slot(const char *pin_dir, int ifindex, struct kern_slot *slot)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct kern_prog prog;
	int ret;

	*slot = (struct kern_slot){};
	ret = bpf_xdp_query(ifindex, 0, &query);
	if (ret)
		return ret;
	if (query.drv_prog_id || query.skb_prog_id) {
		slot->id = query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
		slot->mode = query.drv_prog_id ? KERN_NATIVE : KERN_GENERIC;
	} else {
		slot->id = query.hw_prog_id; /* offloaded to the card: never ours */
	}
	if (!slot->id)
		return 0;
	ret = kern_prog_info_of(pin_dir, slot->id, &prog);
	if (ret == -ENOENT) {
		*slot = (struct kern_slot){}; /* it was detached meanwhile */
		return 0;
	}
	if (ret)
		return ret;
	snprintf(slot->name, sizeof(slot->name), "%s", prog.name);
	if (!strcmp(prog.name, NOLIST_PROG)) {
		slot->ours = slot->id;
	} else if (!strcmp(prog.name, DISPATCHER)) {
		slot->is_shared = true;
		slot->ours = kern_shared_ours(ifindex, slot->id);
	}
	return 0;
}

/* --- changes ----------------------------------------------------------------- */

static struct bpf_map *skel_map(struct nolist_bpf *skel, int map)
{
	return bpf_object__find_map_by_name(skel->obj, kern_map_names[map]);
}

/* Takes the maps that the instance has, instead of new ones. */
static int reuse_instance(struct nolist_bpf *s, const struct kern_instance *instance,
			  unsigned int capacity, bool is_collected)
{
	int i, ret = 0;

	for (i = 0; i < KERN_MAPS && !ret; i++) {
		struct bpf_map *map = skel_map(s, i);

		if (!map)
			ret = -ENOENT;
		else if (instance && instance->fd[i] >= 0)
			ret = bpf_map__reuse_fd(map, instance->fd[i]);
		else if (capacity && (i == MAP_CONTACTS || i == MAP_VERIFIED))
			ret = bpf_map__set_max_entries(map, capacity);
		/* When full, a plain hash refuses new sources and evicts none. */
		if (!ret && is_collected && i == MAP_VERIFIED &&
		    !(instance && instance->fd[i] >= 0))
			ret = bpf_map__set_type(map, BPF_MAP_TYPE_HASH);
	}
	return ret;
}

static int reuse_own(struct nolist_bpf *s, const struct kern_own *own)
{
	struct bpf_map *map[KERN_OWNS] = { s->maps.nolist_progs, s->maps.nolist_cookies,
					   s->maps.nolist_limits, s->maps.bss };
	int i, ret = 0;

	for (i = 0; i < KERN_OWNS && !ret; i++)
		if (own->fd[i] >= 0)
			ret = bpf_map__reuse_fd(map[i], own->fd[i]);
	return ret;
}

int kern_skel_open(struct nolist_bpf **skel, const struct kern_instance *instance,
		   const struct kern_own *own, unsigned int capacity, bool is_collected)
{
	struct nolist_bpf *s = nolist_bpf__open();
	int ret;

	if (!s)
		return -errno;
	ret = reuse_instance(s, instance, capacity, is_collected);
	if (!ret && own)
		ret = reuse_own(s, own);
	if (ret) {
		nolist_bpf__destroy(s);
		return ret;
	}
	/*
	 * An extension of a dispatcher has no attach type, and an array of programs accepts
	 * only programs with the same one: so ours have none.
	 */
	bpf_program__set_expected_attach_type(s->progs.nolist_ingress, 0);
	bpf_program__set_expected_attach_type(s->progs.nolist_slow, 0);
	*skel = s;
	return 0;
}

/*
 * libxdp attaches a copy, since it loads the program anew as an extension of its
 * dispatcher; on a kernel without extensions it attaches the program alone.
 */
static int attach_shared(const struct kern_new *new, int ifindex, enum kern_mode mode)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, 0);
	struct xdp_program *prog;
	struct nolist_bpf *skel;
	int ret;

	ret = kern_skel_open(&skel, &new->instance, &new->own, 0, false);
	if (ret)
		return ret;
	opts.obj = skel->obj;
	opts.prog_name = NOLIST_PROG;
	prog = xdp_program__create(&opts);
	ret = libxdp_get_error(prog);
	if (!ret) {
		ret = xdp_program__attach(prog, ifindex, libxdp_mode(mode), 0);
		xdp_program__close(prog);
	}
	nolist_bpf__destroy(skel);
	return ret;
}

static int attach_alone(int prog_fd, int ifindex, enum kern_mode mode)
{
	return bpf_xdp_attach(ifindex, prog_fd, mode_flag(mode) | XDP_FLAGS_UPDATE_IF_NOEXIST,
			      NULL);
}

/* Puts prog_fd (-1: nothing) in the place of old_fd, if that is there. */
static int swap(int ifindex, enum kern_mode mode, int old_fd, int prog_fd)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);

	return prog_fd < 0 ? bpf_xdp_detach(ifindex, mode_flag(mode), &opts)
			   : bpf_xdp_attach(ifindex, prog_fd, mode_flag(mode) | XDP_FLAGS_REPLACE,
					    &opts);
}

static int attach_in(const struct kern_new *new, int ifindex, enum kern_mode mode, bool is_beside)
{
	int ret = attach_shared(new, ifindex, mode);

	/* If the dispatcher refuses it: attach it alone, unless another program is there. */
	if (ret && !is_beside)
		ret = attach_alone(new->fd, ifindex, mode);
	return ret;
}

static int detach_shared(int ifindex, unsigned int id)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *p = NULL;
	int ret = libxdp_get_error(mp);

	if (ret)
		return ret;
	ret = -ENOENT;
	while ((p = xdp_multiprog__next_prog(p, mp)))
		if (xdp_program__id(p) == id) {
			ret = xdp_program__detach(p, ifindex, xdp_multiprog__attach_mode(mp), 0);
			break;
		}
	xdp_multiprog__close(mp);
	return ret;
}

/* The id of a copy of the new program in a dispatcher, which only that array tells; 0: none. */
static unsigned int find_copy(int ifindex, unsigned int dispatcher, unsigned int progs_id)
{
	struct kern_prog progs[KERN_SHARED_MAX];
	int i, n = kern_shared(ifindex, dispatcher, progs);

	for (i = 0; i < n; i++)
		if (kern_prog_uses(&progs[i], progs_id))
			return progs[i].id;
	return 0;
}

/* Is it the new program, or the copy that libxdp has made of it? They share that array. */
static bool is_new(const struct kern_new *new, unsigned int id)
{
	struct kern_prog prog;

	return id == new->id || (id && !kern_prog_info_of(NULL, id, &prog) &&
				 kern_prog_uses(&prog, new->own.progs_id));
}

/* Where the new program is attached: in slot->ours, 0: it is not. */
static int find_new(const struct kern_new *new, int ifindex, struct kern_slot *slot)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int ret = bpf_xdp_query(ifindex, 0, &query);

	*slot = (struct kern_slot){};
	if (ret)
		return ret;
	slot->id = query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
	slot->mode = query.drv_prog_id ? KERN_NATIVE : KERN_GENERIC;
	if (is_new(new, slot->id)) {
		slot->ours = slot->id;
	} else if (slot->id) {
		slot->ours = find_copy(ifindex, slot->id, new->own.progs_id);
		slot->is_shared = slot->ours;
	}
	return 0;
}

/* Whether it is attached is asked of the kernel, since answers to requests may get lost. */
int kern_unattach(const struct kern_new *new, int ifindex)
{
	struct kern_slot slot;
	int i, ret;

	for (i = 0; i < UNDO_TRIES; i++) {
		ret = find_new(new, ifindex, &slot);
		if (!ret && !slot.ours)
			return 0;
		if (!ret)
			kern_detach(ifindex, &slot);
	}
	return -EBUSY;
}

/* A copy that libxdp has loaded may lack what the kernel or libbpf had no memory for. */
static int check_attached(const struct kern_new *new, int ifindex, struct kern_slot *now)
{
	int ret = kern_slot(new->instance.pin_dir, ifindex, now);

	if (ret)
		return ret;
	if (!now->ours)
		return -EBUSY; /* it was detached again at once */
	ret = kern_prog_version(new->instance.pin_dir, now->ours);
	return ret < 0 ? ret : ret == NOLIST_ABI_VERSION ? 0 : -EAGAIN;
}

static int explain_attach(int ret, const char *name, const struct kern_slot *before)
{
	fail(ret, "cannot attach to '%s'", name);
	if (*kern_extack())
		fail_hint("the driver says: %s", kern_extack());
	else if (before->id && kern_resize_refused())
		fail_hint("other XDP programs are attached; to run beside them this "
			  "kernel needs libxdp 1.5.5 or later, see docs/kernels.md; or "
			  "unload them");
	else if (before->id)
		fail_hint("libxdp's dispatcher is attached and accepts no more programs");
	return ret;
}

/* The failure that was noted, and what it has left behind. */
static int explain_left(int ret, const struct kern_new *new, int ifindex, const char *name)
{
	struct failure why;

	failure_keep(&why);
	if (!kern_unattach(new, ifindex))
		return failure_return(&why);
	failure_return(&why);
	fail_hint("the program may still be attached to '%s': \"nolist-xdp unload -i %s\"", name,
		  name);
	return ret;
}

int kern_attach(const struct kern_new *new, int ifindex, enum kern_mode mode,
		struct kern_slot *now, char *why, size_t size)
{
	enum kern_mode first = mode == KERN_GENERIC ? KERN_GENERIC : KERN_NATIVE;
	struct kern_slot before;
	char name[16];
	int ret;

	kern_if_name(ifindex, name);
	ret = kern_slot(new->instance.pin_dir, ifindex, &before);
	if (ret)
		return fail(ret, "cannot look at '%s'", name);
	/* Beside other programs: in their mode. */
	if (before.id)
		first = before.mode;
	ret = attach_in(new, ifindex, first, before.id);
	if (ret && first == KERN_NATIVE && mode == KERN_AUTO && !before.id) {
		snprintf(why, size, "not native: %s",
			 *kern_extack() ? kern_extack() : strerror(-ret));
		ret = attach_in(new, ifindex, KERN_GENERIC, false);
	}
	if (ret)
		explain_attach(ret, name, &before);
	else if ((ret = check_attached(new, ifindex, now)))
		fail(ret, "cannot attach to '%s'", name);
	if (ret)
		return explain_left(ret, new, ifindex, name);
	if (!now->is_shared && kern_resize_refused() && !*why)
		snprintf(why, size, "to run beside others it needs libxdp 1.5.5");
	return 0;
}

int kern_detach(int ifindex, const struct kern_slot *slot)
{
	struct kern_slot now;
	int fd, ret;

	if (slot->is_shared) {
		ret = detach_shared(ifindex, slot->ours);
	} else {
		fd = bpf_prog_get_fd_by_id(slot->ours);
		if (fd < 0)
			return -errno;
		ret = swap(ifindex, slot->mode, fd, -1);
		close(fd);
	}
	/* Perhaps only the kernel's answer got lost. */
	if (ret && !kern_slot(NULL, ifindex, &now) && now.ours != slot->ours)
		ret = 0;
	return ret;
}

static int replace(const struct kern_new *new, int ifindex, const struct kern_slot *was,
		   int old_fd, struct kern_slot *now)
{
	int ret;

	if (was->is_shared) {
		/*
		 * LIMIT: the dispatcher first adds the new program, then removes the old one;
		 * in between, a frame that passes is counted twice.
		 */
		ret = attach_shared(new, ifindex, was->mode);
		if (!ret)
			ret = detach_shared(ifindex, was->ours);
	} else {
		ret = swap(ifindex, was->mode, old_fd, new->fd);
	}
	return ret ? ret : check_attached(new, ifindex, now);
}

int kern_replace(const struct kern_new *new, int ifindex, const struct kern_slot *was, int old_fd,
		 struct kern_slot *now)
{
	char name[16];
	struct kern_slot left;
	int ret = replace(new, ifindex, was, old_fd, now);

	if (!ret)
		return 0;
	fail(ret, "cannot replace program %u at '%s'", was->ours, kern_if_name(ifindex, name));
	if (was->is_shared && !find_new(new, ifindex, &left) && left.ours)
		kern_detach(ifindex, &left);
	kern_put_back(new, ifindex, was, old_fd);
	return ret;
}

int kern_put_back(const struct kern_new *new, int ifindex, const struct kern_slot *was, int old_fd)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int i;

	if (was->is_shared)
		return -EOPNOTSUPP;
	for (i = 0; i < UNDO_TRIES; i++) {
		swap(ifindex, was->mode, new->fd, old_fd);
		if (!bpf_xdp_query(ifindex, 0, &query) && query.drv_prog_id != new->id &&
		    query.skb_prog_id != new->id)
			return 0;
	}
	return -EBUSY;
}
