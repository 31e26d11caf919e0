/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network interfaces and routes of the kernel, read by netlink (libmnl) and by ethtool's
 * ioctl. Changes nothing. Functions return 0 or -errno unless they say otherwise.
 */
#ifndef NOLIST_NETLINK_H
#define NOLIST_NETLINK_H

#include <linux/ethtool.h>
#include <stdbool.h>
#include <stddef.h>
#include "user/base/addr.h"

struct link {
	int ifindex;
	char name[16];
	char kind[16];           /* "veth", "vlan", "bridge" ...; "": a card, or the loopback */
	unsigned short type;     /* ARPHRD_...: the header of its frames */
	unsigned int mtu;        /* bytes */
	unsigned int flags;      /* IFF_... */
	unsigned int txqs, rxqs; /* queues */
	int lower;               /* ifindex below it, or of the other end of a veth; 0: none */
	int lower_netns;         /* namespace id of that interface; -1: this namespace */
	int master;              /* ifindex of the bridge or bond that it is a port of; 0: none */
	bool is_filtering;       /* a bridge with VLAN filtering */
	bool has_xdp;            /* an XDP program is attached */
	bool has_mac;
	unsigned char mac[6];    /* its link address, if it has one of Ethernet */
};

struct links {
	struct link *link;
	int n;
};

/* All interfaces of this network namespace; the caller frees all->link. */
int netlink_read(struct links *all);
const struct link *netlink_find(const struct links *all, int ifindex); /* NULL: not there */
/* The interface of->lower, in any namespace: -ENOENT if there is none or it is not visible. */
int netlink_lower(const struct link *of, struct link *lower);
/* Does the driver say that it has native XDP? 1, 0, or -EOPNOTSUPP before Linux 6.3. */
int netlink_has_native(int ifindex);

/* Where this host routes an address to. */
struct route {
	bool is_local; /* it is an address of this host */
	int oif;       /* ifindex of the outgoing interface; 0: no route */
	bool is_by_gateway; /* it is in no network of that interface */
};
int netlink_route(const struct nolist_addr *to, struct route *route);

/* ethtool: */
int ethtool_driver(const char *name, struct ethtool_drvinfo *drv);
int ethtool_channels(const char *name, struct ethtool_channels *channels);
int ethtool_rings(const char *name, struct ethtool_ringparam *rings);
/* State of a feature, by the kernel's name such as "rx-lro": 2 on and fixed, 1 on, 0 off. */
int ethtool_feature(const char *name, const char *feature);

#endif
