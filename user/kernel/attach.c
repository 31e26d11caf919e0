// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interface at a time: what is attached there, and attaching, replacing and
 * detaching our program. No other program is ever removed: every change names the
 * program that it expects to find.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"
#include "nolist.skel.h" /* after abi.h, which it needs */

#define DISPATCHER "xdp_dispatcher" /* libxdp's program, which calls the others */

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

static int prog_info_of(const char *pin_dir, unsigned int id, struct kern_prog *prog)
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
	ret = prog_info_of(pin_dir, slot->id, &prog);
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

static void list_others(int ifindex, unsigned int dispatcher, char *text, size_t size)
{
	struct kern_prog progs[KERN_SHARED_MAX];
	int i, count = kern_shared(ifindex, dispatcher, progs);
	size_t n = 0;

	for (i = 0; i < count && n < size; i++)
		if (strcmp(progs[i].name, NOLIST_PROG))
			n += snprintf(text + n, size - n, "%s%s", n ? ", " : "", progs[i].name);
}

int kern_look(int ifindex, struct kern_seen *seen)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct kern_slot slot;
	int fd, ret;

	kern_quiet();
	*seen = (struct kern_seen){};
	ret = kern_slot(NULL, ifindex, &slot);
	if (ret || !slot.id)
		return ret;
	seen->id = slot.id;
	seen->mode = slot.mode;
	seen->is_ours = slot.ours;
	seen->is_shared = slot.is_shared;
	snprintf(seen->name, sizeof(seen->name), "%s", slot.name);
	if (slot.is_shared)
		list_others(ifindex, slot.id, seen->others, sizeof(seen->others));
	fd = bpf_prog_get_fd_by_id(slot.id);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		seen->uid = info.created_by_uid;
	if (fd >= 0)
		close(fd);
	return 0;
}

bool kern_is_partial(int ifindex, enum kern_mode mode)
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq req = { .ifr_data = (void *)&drv };
	bool is_software, is_guest;
	int fd, ret;

	kern_if_name(ifindex, req.ifr_name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	ret = ioctl(fd, SIOCETHTOOL, &req);
	close(fd);
	/* A card sits on a bus; anything else is software, as are the network devices of guests. */
	is_software = ret || !drv.bus_info[0] || !strcmp(drv.bus_info, "N/A") ||
		      !strcmp(drv.driver, "veth");
	is_guest = !strcmp(drv.driver, "virtio_net") || !strcmp(drv.driver, "tun") ||
		   !strcmp(drv.driver, "vif") || !strcmp(drv.driver, "xen_netfront");
	/*
	 * In generic mode the answer leaves with the CHECKSUM_PARTIAL mark of the segment.
	 * This kernel takes the sum as it is; a card, or the host of a guest, would compute
	 * it again, and wrongly. There such segments are left to the kernel's closed port.
	 */
	return mode == KERN_GENERIC ? is_software && !is_guest : is_software || is_guest;
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
					   s->maps.bss };
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

static int attach_in(const struct kern_new *new, int ifindex, enum kern_mode mode, bool is_beside)
{
	int ret = attach_shared(new, ifindex, mode);

	/* If the dispatcher refuses it: attach it alone, unless another program is there. */
	if (ret && !is_beside)
		ret = attach_alone(new->fd, ifindex, mode);
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
	if (ret) {
		fail(ret, "cannot attach to '%s'", name);
		if (*kern_extack())
			fail_hint("the driver says: %s", kern_extack());
		else if (before.id && kern_resize_refused())
			fail_hint("other XDP programs are attached; to run beside them this "
				  "kernel needs libxdp 1.5.5 or later, see docs/kernels.md; or "
				  "unload them");
		else if (before.id)
			fail_hint("libxdp's dispatcher is attached and accepts no more programs");
		return ret;
	}
	ret = kern_slot(new->instance.pin_dir, ifindex, now);
	if (!ret && !now->ours)
		ret = -EBUSY; /* it was detached again at once */
	if (!ret && !now->is_shared && kern_resize_refused() && !*why)
		snprintf(why, size, "to run beside others it needs libxdp 1.5.5");
	return ret ? fail(ret, "cannot attach to '%s'", name) : 0;
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

static int swap_alone(int ifindex, const struct kern_slot *was, int prog_fd)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	int ret;

	opts.old_prog_fd = bpf_prog_get_fd_by_id(was->ours);
	if (opts.old_prog_fd < 0)
		return -errno;
	ret = prog_fd < 0 ? bpf_xdp_detach(ifindex, mode_flag(was->mode), &opts)
			  : bpf_xdp_attach(ifindex, prog_fd,
					   mode_flag(was->mode) | XDP_FLAGS_REPLACE, &opts);
	close(opts.old_prog_fd);
	return ret;
}

int kern_detach(int ifindex, const struct kern_slot *slot)
{
	return slot->is_shared ? detach_shared(ifindex, slot->ours)
			       : swap_alone(ifindex, slot, -1);
}

int kern_replace(const struct kern_new *new, int ifindex, const struct kern_slot *was,
		 struct kern_slot *now)
{
	char name[16];
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
		ret = swap_alone(ifindex, was, new->fd);
	}
	if (!ret)
		ret = kern_slot(new->instance.pin_dir, ifindex, now);
	return ret ? fail(ret, "cannot replace program %u at '%s'", was->ours,
			  kern_if_name(ifindex, name))
		   : 0;
}

int kern_put_back(int ifindex, const struct kern_slot *now, int old_fd)
{
	return now->is_shared ? -EOPNOTSUPP : swap_alone(ifindex, now, old_fd);
}

int kern_fill_mac(struct nolist_config *conf)
{
	struct ifaddrs *all, *a;

	if (getifaddrs(&all))
		return fail(-errno, "cannot read the link addresses");
	conf->macs = 0;
	for (a = all; a; a = a->ifa_next) {
		const struct sockaddr_ll *ll = (const struct sockaddr_ll *)a->ifa_addr;

		if (!ll || ll->sll_family != AF_PACKET || ll->sll_halen != ETH_ALEN)
			continue;
		if (conf->macs == NOLIST_MAC_MAX) {
			conf->macs = 0;
			break;
		}
		conf->mac[conf->macs] = 0;
		memcpy(&conf->mac[conf->macs++], ll->sll_addr, ETH_ALEN);
	}
	freeifaddrs(all);
	return 0;
}
