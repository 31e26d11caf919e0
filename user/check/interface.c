// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interface, before the program is attached to it: what its driver supports, what
 * prevents native mode, and whether answers would arrive.
 */
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/check/check.h"
#include "user/kernel/kern.h"

/*
 * Known requirements of drivers. A frame, its headroom and the kernel's bookkeeping must
 * fit into a page.
 */
#define MTU_MAX 3498

static const struct driver {
	const char *name;
	unsigned int mtu_max; /* of native mode; 0: MTU_MAX */
	bool is_half;         /* needs half of its queues for answers */
	bool is_lro_kept;     /* turns large receive offload off by itself */
	bool is_guest;        /* a virtual machine's card, or the host's end of one */
} drivers[] = {
	{ .name = "atlantic" },
	{ .name = "bnxt_en" },
	{ .name = "bonding" },
	{ .name = "dpaa2" },
	{ .name = "ena", .is_half = true },
	{ .name = "enetc" },
	{ .name = "fsl_dpa" },
	{ .name = "funeth" },
	{ .name = "gve", .is_half = true },
	{ .name = "hv_netvsc" },
	{ .name = "i40e", .mtu_max = 3046 },
	{ .name = "ice", .mtu_max = 3046 },
	{ .name = "igb", .mtu_max = 1500 },
	{ .name = "igc", .mtu_max = 1500 },
	{ .name = "ixgbe", .mtu_max = 3046 },
	{ .name = "ixgbevf", .mtu_max = 3046 },
	{ .name = "mana" },
	{ .name = "mlx4_en" },
	{ .name = "mlx5_core" },
	{ .name = "mtk_soc_eth" },
	{ .name = "mvneta" },
	{ .name = "mvpp2" },
	{ .name = "netdevsim" },
	{ .name = "netsec" },
	{ .name = "nfp" },
	{ .name = "nicvf" },
	{ .name = "octeontx2" },
	{ .name = "qede" },
	{ .name = "sfc" },
	{ .name = "stmmac" },
	{ .name = "ti_cpsw" },
	{ .name = "tsnep" },
	{ .name = "tun", .is_guest = true },
	{ .name = "veth" },
	{ .name = "virtio_net", .is_lro_kept = true, .is_guest = true },
	{ .name = "xen_netfront", .is_guest = true },
	{}
};

/* The interface, and results that later checks need. */
struct iface {
	struct findings *to;
	const struct links *links;
	const struct check_ifs *ifs;
	const struct link *link;
	const struct driver *driver; /* NULL: none of those above */
	char driver_name[32];
	enum kern_mode mode; /* the mode wanted, or the present one */
	bool is_there;       /* the program is attached already, in that mode */
	bool is_native;      /* it will be native, as far as is known */
	bool is_unsure;      /* only an attach can tell */
	enum grade grade;    /* of what prevents native mode */
	char why[160];       /* what prevents it; "": nothing */
	char hint[128];
};

static const struct driver *driver_of(const char *name)
{
	const struct driver *d;

	for (d = drivers; d->name && strcmp(d->name, name); d++)
		;
	return d->name ? d : NULL;
}

static void check_link(struct iface *i)
{
	const struct link *l = i->link;
	struct ethtool_drvinfo drv;

	if (!ethtool_driver(l->name, &drv)) {
		snprintf(i->driver_name, sizeof(i->driver_name), "%s", drv.driver);
		i->driver = driver_of(i->driver_name);
	} else if (*l->kind) {
		snprintf(i->driver_name, sizeof(i->driver_name), "%s", l->kind);
	}
	if (l->flags & IFF_LOOPBACK)
		snprintf(i->driver_name, sizeof(i->driver_name), "the loopback");
	find(i->to, GRADE_OK, "driver", l->name, "%s",
	     *i->driver_name ? i->driver_name : "does not give its name");
	if (!(l->flags & IFF_UP)) {
		find(i->to, GRADE_NOTE, "link", l->name, "is down");
		find_hint(i->to, "ip link set dev %s up", l->name);
	} else if (!(l->flags & IFF_RUNNING)) {
		find(i->to, GRADE_NOTE, "link", l->name, "is up, but has no carrier");
	}
}

/*
 * Records that something prevents native mode, certainly or probably. If the mode is auto
 * it will be generic.
 */
static void block_native(struct iface *i, bool is_certain, const char *about, const char *hint,
			 const char *why)
{
	enum grade grade = i->mode != KERN_NATIVE ? GRADE_NOTE
			   : is_certain           ? GRADE_REFUSES
						  : GRADE_WARNING;

	if (i->is_native) {
		snprintf(i->why, sizeof(i->why), "%s", why);
		snprintf(i->hint, sizeof(i->hint), "%s", hint);
	}
	if (grade > i->grade)
		i->grade = grade;
	i->is_native = false;
	if (!about)
		return;
	find(i->to, grade, about, i->link->name, "%s", why);
	find_hint(i->to, "%s", hint);
}

static unsigned int mtu_max(const struct iface *i)
{
	return i->driver && i->driver->mtu_max ? i->driver->mtu_max : MTU_MAX;
}

/* For a veth the MTU of the other end matters: its frames come in here. */
static void check_mtu(struct iface *i)
{
	unsigned int mtu = i->link->mtu, max = mtu_max(i);
	const char *name = i->link->name, *whose = "the";
	char why[128], hint[128];
	struct link peer;

	if (!strcmp(i->link->kind, "veth") && !netlink_lower(i->link, &peer)) {
		mtu = peer.mtu;
		name = peer.name;
		whose = "the other end's";
	}
	if (!i->is_native || i->is_there) {
		find(i->to, GRADE_OK, "mtu", i->link->name, "%u", mtu);
		return;
	}
	if (mtu <= max) {
		find(i->to, GRADE_OK, "mtu", i->link->name,
		     "%u; native mode takes up to about %u here", mtu, max);
		return;
	}
	snprintf(why, sizeof(why),
		 "%s MTU of %u is above the limit of native mode, about %u", whose, mtu, max);
	snprintf(hint, sizeof(hint), "ip link set dev %s mtu 1500", name);
	block_native(i, false, "mtu", hint, why);
}

/* From what the driver reports; before Linux 6.3 from the table above. */
static void ask_native(struct iface *i)
{
	int native = netlink_has_native(i->link->ifindex);

	i->is_native = i->mode != KERN_GENERIC;
	i->is_unsure = native < 0 && !i->driver;
	if (i->is_native && !i->is_there &&
	    (native == 0 || (i->is_unsure && (*i->link->kind || i->link->flags & IFF_LOOPBACK))))
		block_native(i, true, NULL, "", "the driver has no native XDP");
}

/* Reports the mode, once everything that may prevent native mode is checked. */
static void report_mode(struct iface *i, int at)
{
	struct findings one = {};
	const char *name = i->link->name;

	if (i->is_there)
		find(&one, GRADE_OK, "mode", name, "%s, as it is attached",
		     i->is_native ? "native" : "generic");
	else if (i->mode == KERN_GENERIC)
		find(&one, GRADE_OK, "mode", name, "generic, as asked for: on any driver, slower");
	else if (i->is_native && i->is_unsure)
		find(&one, GRADE_NOTE, "mode", name,
		     "native if the driver can: on this kernel only load will show");
	else if (i->is_native)
		find(&one, GRADE_OK, "mode", name, "native: the driver can");
	else if (i->mode == KERN_AUTO)
		find(&one, GRADE_NOTE, "mode", name, "generic, which is slower: %s", i->why);
	else
		find(&one, i->grade, "mode", name, "native mode %s refused: %s",
		     i->grade == GRADE_REFUSES ? "will be" : "may be", i->why);
	if (*i->why && (*i->hint || i->mode == KERN_NATIVE))
		find_hint(&one, "%s%s%s", i->hint,
			  *i->hint && i->mode == KERN_NATIVE ? "; or " : "",
			  i->mode == KERN_NATIVE ? "--mode generic" : "");
	if (one.n && at < i->to->n)
		i->to->f[at] = one.f[0];
	free(one.f);
}

static void check_queues(struct iface *i)
{
	struct ethtool_channels c;
	const char *name = i->link->name;
	unsigned int rx, tx, max;
	char hint[64];

	if (ethtool_channels(name, &c)) {
		find(i->to, GRADE_OK, "queues", name, "%u to receive, %u to send", i->link->rxqs,
		     i->link->txqs);
		return;
	}
	rx = c.rx_count + c.combined_count;
	tx = c.tx_count + c.combined_count;
	max = c.max_combined ? c.max_combined : c.max_rx;
	find(i->to, GRADE_OK, "queues", name, "%u to receive, %u to send, of at most %u", rx, tx,
	     max);
	if (i->is_native && !i->is_there && i->driver && i->driver->is_half && 2 * tx > max) {
		snprintf(hint, sizeof(hint), "ethtool -L %s combined %u", name,
			 max / 2 ? max / 2 : 1);
		block_native(i, false, "queues", hint,
			     "the driver needs half of its queues for answers");
	}
}

static void check_rings(struct iface *i)
{
	struct ethtool_ringparam r;
	const char *name = i->link->name;

	if (ethtool_rings(name, &r) || !r.rx_max_pending)
		return;
	find(i->to, GRADE_OK, "rings", name, "%u of %u to receive, %u of %u to send", r.rx_pending,
	     r.rx_max_pending, r.tx_pending, r.tx_max_pending);
	if (r.rx_pending < r.rx_max_pending)
		find_hint(i->to, "ethtool -G %s rx %u, should a flood overrun it", name,
			  r.rx_max_pending);
}

/* Frames that the card has merged may be too large for a page. */
static void check_large(struct iface *i)
{
	static const struct {
		const char *feature, *name;
	} large[] = { { "rx-lro", "lro" }, { "rx-gro-hw", "rx-gro-hw" } };
	const char *name = i->link->name;
	bool is_unchanged = i->driver && i->driver->is_lro_kept, is_on = false;
	char why[64], hint[64];
	unsigned int n;
	int state;

	for (n = 0; n < 2; n++) {
		state = ethtool_feature(name, large[n].feature);
		if (state <= 0)
			continue;
		is_on = true;
		if (!i->is_native || i->is_there || (is_unchanged && state == 1)) {
			find(i->to, GRADE_NOTE, "offloads", name, "%s is on%s", large[n].name,
			     state == 1 ? "; it is turned off while the program is there"
					: " and fixed");
			continue;
		}
		snprintf(why, sizeof(why), "%s is on%s, and merges frames", large[n].name,
			 state == 2 ? " and fixed" : "");
		snprintf(hint, sizeof(hint), "ethtool -K %s %s off", name, large[n].name);
		block_native(i, false, "offloads", state == 2 ? "" : hint, why);
	}
	if (!is_on)
		find(i->to, GRADE_OK, "offloads", name, "the card does not merge frames");
}

static void check_checksums(struct iface *i)
{
	const char *name = i->link->name;
	int rx = ethtool_feature(name, "rx-checksum");

	if (i->is_native && i->driver && !strcmp(i->driver->name, "virtio_net")) {
		find(i->to, GRADE_NOTE, "checksums", name,
		     "a guest: in native mode the driver does not accept segments without a "
		     "computed checksum, so the host computes it; all traffic costs more");
		find_hint(i->to, "--mode generic leaves the offloads as they are");
		return;
	}
	if (!i->is_native && i->driver && i->driver->is_guest) {
		find(i->to, GRADE_WARNING, "checksums", name,
		     "in generic mode a high fake does not answer segments without a computed "
		     "checksum, as other guests of the same host send them");
		find_hint(i->to, "in those guests: ethtool -K IFACE tx off");
		return;
	}
	find(i->to, GRADE_OK, "checksums", name, "received ones are %s; answers have complete ones",
	     rx < 0 ? "left to the kernel"
	     : rx   ? "checked by the card"
		    : "checked by the kernel");
}

/* Through a veth an answer arrives only if the other end has an XDP program as well. */
static void check_peer(struct iface *i)
{
	struct link peer;
	char where[48] = "";

	if (strcmp(i->link->kind, "veth") || !i->is_native)
		return;
	if (netlink_lower(i->link, &peer)) {
		find(i->to, GRADE_WARNING, "peer", i->link->name,
		     "the other end cannot be checked: answers arrive only if it has an XDP "
		     "program as well");
		find_hint(i->to, "an XDP program that passes there, or --mode generic here");
		return;
	}
	if (i->link->lower_netns >= 0)
		snprintf(where, sizeof(where), " (in namespace %d)", i->link->lower_netns);
	if (peer.has_xdp) {
		find(i->to, GRADE_OK, "peer", i->link->name,
		     "the other end, '%s'%s, has an XDP program, so answers arrive", peer.name,
		     where);
		return;
	}
	find(i->to, GRADE_REFUSES, "peer", i->link->name,
	     "the other end, '%s'%s, has no XDP program: answers would be lost", peer.name, where);
	find_hint(i->to, "an XDP program that passes at '%s', or --mode generic", peer.name);
}

/* --- what it cannot be attached to with any use -------------------------------------- */

static const char *header_name(const struct link *l)
{
	static const struct {
		unsigned short type;
		const char *name;
	} names[] = {
		{ ARPHRD_PPP, "PPP" },		{ ARPHRD_TUNNEL, "an IP tunnel" },
		{ ARPHRD_TUNNEL6, "an IPv6 tunnel" }, { ARPHRD_SIT, "a sit tunnel" },
		{ ARPHRD_IPGRE, "a GRE tunnel" }, { 823 /* ARPHRD_IP6GRE */, "a GRE tunnel" },
		{ 519 /* ARPHRD_RAWIP */, "a modem" },
	};
	size_t i;

	if (!strcmp(l->kind, "wireguard"))
		return "WireGuard";
	if (!strcmp(l->kind, "tun"))
		return "a tun device";
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].type == l->type)
			return names[i].name;
	return *l->kind ? l->kind : "its kind";
}

/* The program expects an Ethernet header: elsewhere every frame passes, and is not seen. */
static void check_header(struct iface *i)
{
	const struct link *l = i->link, *below;

	if (l->flags & IFF_LOOPBACK) {
		find(i->to, GRADE_REFUSES, "link", l->name,
		     "is the loopback: mail of other hosts never arrives here");
		find_hint(i->to, "name the interface that mail arrives at: \"ip route get "
				 "1.1.1.1\" shows it");
		return;
	}
	if (l->type == ARPHRD_ETHER)
		return;
	find(i->to, GRADE_REFUSES, "link", l->name,
	     "has no Ethernet header (%s): the program would see no segment of its frames, so the "
	     "fakes would not answer", header_name(l));
	below = l->lower && l->lower_netns < 0 ? netlink_find(i->links, l->lower) : NULL;
	if (below && below->type == ARPHRD_ETHER)
		find_hint(i->to, "if the fakes' addresses arrive without the tunnel: -i %s; else "
				 "load at the tunnel's other end", below->name);
	else
		find_hint(i->to, "load where the mail arrives with an Ethernet header: at a card, "
				 "or at the tunnel's other end");
}

/* --- other programs --------------------------------------------------------------- */

static void check_programs(struct iface *i, const struct kern_seen *seen)
{
	const char *name = i->link->name;

	if (!seen->id) {
		find(i->to, GRADE_OK, "programs", name, "no other XDP program");
	} else if (seen->is_ours) {
		find(i->to, GRADE_OK, "programs", name,
		     "has nolist-xdp, program %u, in %s mode%s%s", seen->id,
		     seen->mode == KERN_GENERIC ? "generic" : "native",
		     *seen->others ? ", beside: " : "", seen->others);
	} else if (seen->is_shared) {
		find(i->to, GRADE_NOTE, "programs", name,
		     "libxdp's dispatcher, program %u, in %s mode, with: %s", seen->id,
		     seen->mode == KERN_GENERIC ? "generic" : "native", seen->others);
		find_hint(i->to, "libxdp runs ours beside them, if the kernel supports it");
	} else {
		find(i->to, GRADE_REFUSES, "programs", name,
		     "another XDP program, %u '%s', attached by user %u, in %s mode", seen->id,
		     seen->name, seen->uid, seen->mode == KERN_GENERIC ? "generic" : "native");
		find_hint(i->to, "\"bpftool prog show id %u\" and \"bpftool link\" show whose it is; end it "
				 "with the program that attached it; only if nothing needs it: ip link set "
				 "dev %s xdp%s off", seen->id, name,
			  seen->mode == KERN_GENERIC ? "generic" : "");
	}
}

void check_interface(struct findings *to, const struct links *links, const struct check_ifs *ifs,
		     int ifindex, enum kern_mode mode)
{
	struct iface i = { .to = to,
			   .links = links,
			   .ifs = ifs,
			   .link = netlink_find(links, ifindex),
			   .mode = mode };
	struct kern_seen seen = {};
	char name[IF_NAMESIZE] = "";
	int ret, at;

	if (!i.link) {
		find(to, GRADE_REFUSES, "link", if_indextoname(ifindex, name) ? name : "",
		     "cannot be checked");
		return;
	}
	ret = kern_look(ifindex, &seen);
	check_link(&i);
	check_header(&i);
	if (!ret && seen.is_ours) {
		i.is_there = true;
		i.mode = seen.mode;
	}
	at = to->n;
	find(to, GRADE_OK, "mode", i.link->name, "unknown");
	ask_native(&i);
	check_queues(&i);
	check_rings(&i);
	check_mtu(&i);
	check_large(&i);
	check_checksums(&i);
	report_mode(&i, at);
	check_peer(&i);
	check_above(to, links, ifs, i.link, i.is_native);
	if (ret)
		find(to, GRADE_WARNING, "programs", i.link->name,
		     "only root can see whether there are other XDP programs");
	else
		check_programs(&i, &seen);
}
