/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says of network interfaces and routes, over netlink (libmnl) and
 * by ethtool's ioctl. Changes nothing. Functions return 0 or -errno.
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
	char kind[16];    /* "veth", "vlan", "bridge" ...; "": a card, or the loopback */
	unsigned int mtu;
	unsigned int flags; /* IFF_... */
	unsigned int txqs, rxqs;
	int lower;        /* what it is on, or the other end of a veth; 0: nothing */
	int lower_netns;  /* that one's namespace, by our number; -1: this one */
	int master;       /* the bridge or bond that it is a port of; 0: none */
	bool is_filtering; /* a bridge that knows VLANs */
	bool has_xdp;
};

struct links {
	struct link *link;
	int n;
};

int netlink_read(struct links *all); /* free(all->link) */
const struct link *netlink_find(const struct links *all, int ifindex);
/* What a link is on or joined to, in whatever namespace: -ENOENT where it cannot be asked. */
int netlink_lower(const struct link *of, struct link *lower);
/* Native XDP by the driver's own word: 1, 0, or -EOPNOTSUPP before Linux 6.3. */
int netlink_has_native(int ifindex);

/* Where this host sends what is for an address. */
struct route {
	bool is_local; /* nowhere: it is this host's */
	int oif;       /* 0: no route */
};
int netlink_route(const struct nolist_addr *to, struct route *route);

/* ethtool: */
int ethtool_driver(const char *name, struct ethtool_drvinfo *drv);
int ethtool_channels(const char *name, struct ethtool_channels *channels);
int ethtool_rings(const char *name, struct ethtool_ringparam *rings);
/* A feature by the name that the kernel gives it, as "rx-lro": 2 on and fixed, 1 on, 0 off. */
int ethtool_feature(const char *name, const char *feature);

#endif
