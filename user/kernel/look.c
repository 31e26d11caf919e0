// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at interfaces, and changes nothing: which programs they have, how they deliver
 * checksums, what their link addresses are.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

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

enum kern_sums kern_sums_of(const char *driver, const char *bus, enum kern_mode mode)
{
	/* A card sits on a bus; anything else is software, as are the network devices of guests. */
	bool is_software = !*bus || !strcmp(bus, "N/A") || !strcmp(driver, "veth");
	bool is_guest = !strcmp(driver, "virtio_net") || !strcmp(driver, "tun") ||
			!strcmp(driver, "vif") || !strcmp(driver, "xen_netfront");

	/*
	 * In generic mode the answer leaves with the CHECKSUM_PARTIAL mark of the segment.
	 * This kernel takes the sum as it is; a card, or the host of a guest, would compute
	 * it again, and wrongly. There such segments are left to the kernel's closed port.
	 */
	if (mode == KERN_GENERIC)
		return is_software && !is_guest ? KERN_SUMS_PARTIAL : KERN_SUMS_UNKNOWN;
	return is_software || is_guest ? KERN_SUMS_PARTIAL : KERN_SUMS_WHOLE;
}

__u32 kern_sums_entry(int ifindex, enum kern_sums sums, bool is_silent)
{
	if (sums == KERN_SUMS_PARTIAL)
		return ifindex;
	return sums == KERN_SUMS_WHOLE && is_silent ? ifindex | NOLIST_WHOLE : 0;
}

enum kern_sums kern_sums(int ifindex, enum kern_mode mode)
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq req = { .ifr_data = (void *)&drv };
	int fd, ret;

	kern_if_name(ifindex, req.ifr_name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return KERN_SUMS_PARTIAL;
	ret = ioctl(fd, SIOCETHTOOL, &req);
	close(fd);
	return kern_sums_of(ret ? "" : drv.driver, ret ? "" : drv.bus_info, mode);
}

/*
 * Where memory runs out, libbpf takes a feature for one that the kernel lacks, and loads the
 * program without its name or its types: then nobody would know it for ours again.
 */
int kern_check_new(const struct kern_new *new, struct kern_prog *prog)
{
	struct kern_instance seen;
	int i, fd, ret = kern_prog_info(new->fd, prog);

	if (ret)
		return fail(ret, "cannot look at the program");
	fd = kern_prog_fd(NULL, prog->id);
	ret = fd < 0 ? fd : kern_prog_version(NULL, prog->id);
	if (fd >= 0)
		close(fd);
	if (ret == -EPERM) {
		fail(ret, "cannot look at programs by their ids");
		return fail_hint("load needs CAP_SYS_ADMIN");
	}
	if (ret < 0)
		return fail(ret, "cannot look at the program");
	kern_instance_init(&seen);
	for (i = 0; i < KERN_MAPS; i++)
		kern_instance_add_map(&seen, new->instance.fd[i]);
	for (i = 0; i < KERN_MAPS && seen.fd[i] == new->instance.fd[i]; i++)
		;
	if (ret != NOLIST_ABI_VERSION || i < KERN_MAPS || strcmp(prog->name, NOLIST_PROG)) {
		failx(-EAGAIN, "the kernel has the program without its name or types");
		return fail_hint("perhaps memory ran out: try again; -v shows what libbpf says");
	}
	return 0;
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
