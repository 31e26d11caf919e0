// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtnetlink and the "netdev" family of generic netlink, by libmnl: interfaces, the
 * interfaces below them, and routes. One socket for each request: there are few.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/host/netlink.h"

/* From linux/netdev.h, which Debian 12 does not have. */
#define NETDEV_FAMILY "netdev"
#define NETDEV_CMD_DEV_GET 1
#define NETDEV_A_DEV_IFINDEX 1
#define NETDEV_A_DEV_XDP_FEATURES 3
#define NETDEV_XDP_ACT_BASIC 1

/* Sends a request and calls fn for each answer; 0 or -errno. */
static int talk(int bus, struct nlmsghdr *request, mnl_cb_t fn, void *arg)
{
	static char answer[1 << 16];
	struct mnl_socket *s = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int ret = -1, size;

	if (!s)
		return -errno;
	request->nlmsg_seq = 1;
	if (!mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(s, request, request->nlmsg_len) >= 0) {
		do {
			size = mnl_socket_recvfrom(s, answer, sizeof(answer));
			ret = size < 0 ? -1
				       : mnl_cb_run(answer, size, 1, mnl_socket_get_portid(s), fn,
						    arg);
		} while (ret > 0);
	}
	ret = ret < 0 ? -errno : 0;
	mnl_socket_close(s);
	return ret;
}

static struct nlmsghdr *begin(char *buf, unsigned int type, unsigned int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return nlh;
}

/* --- interfaces ------------------------------------------------------------------ */

static void copy_text(char *to, size_t size, const struct nlattr *a)
{
	const char *text = mnl_attr_get_str(a);
	size_t len = strnlen(text, mnl_attr_get_payload_len(a));

	if (len >= size)
		len = size - 1;
	memcpy(to, text, len);
	to[len] = '\0';
}

static void read_info(struct link *l, const struct nlattr *info)
{
	const struct nlattr *a, *data = NULL;

	mnl_attr_for_each_nested(a, info)
	{
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			copy_text(l->kind, sizeof(l->kind), a);
		else if (mnl_attr_get_type(a) == IFLA_INFO_DATA)
			data = a;
	}
	if (!data || strcmp(l->kind, "bridge"))
		return;
	mnl_attr_for_each_nested(a, data) if (mnl_attr_get_type(a) == IFLA_BR_VLAN_FILTERING)
		l->is_filtering = mnl_attr_get_u8(a);
}

static void read_link(struct link *l, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a, *x;

	*l = (struct link){ .ifindex = ifi->ifi_index, .type = ifi->ifi_type,
			    .flags = ifi->ifi_flags, .lower_netns = -1 };
	mnl_attr_for_each(a, nlh, sizeof(*ifi))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			copy_text(l->name, sizeof(l->name), a);
			break;
		case IFLA_ADDRESS:
			l->has_mac = mnl_attr_get_payload_len(a) == sizeof(l->mac);
			if (l->has_mac)
				memcpy(l->mac, mnl_attr_get_payload(a), sizeof(l->mac));
			break;
		case IFLA_MTU:
			l->mtu = mnl_attr_get_u32(a);
			break;
		case IFLA_LINK:
			l->lower = mnl_attr_get_u32(a);
			break;
		case IFLA_LINK_NETNSID:
			l->lower_netns = (int)mnl_attr_get_u32(a);
			break;
		case IFLA_MASTER:
			l->master = mnl_attr_get_u32(a);
			break;
		case IFLA_NUM_TX_QUEUES:
			l->txqs = mnl_attr_get_u32(a);
			break;
		case IFLA_NUM_RX_QUEUES:
			l->rxqs = mnl_attr_get_u32(a);
			break;
		case IFLA_LINKINFO:
			read_info(l, a);
			break;
		case IFLA_XDP:
			mnl_attr_for_each_nested(x,
						 a) if (mnl_attr_get_type(x) == IFLA_XDP_ATTACHED)
				l->has_xdp = mnl_attr_get_u8(x) != XDP_ATTACHED_NONE;
		}
	}
}

static int on_link(const struct nlmsghdr *nlh, void *arg)
{
	struct links *all = arg;
	struct link *more;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	more = realloc(all->link, (all->n + 1) * sizeof(*more));
	if (!more) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	all->link = more;
	read_link(&all->link[all->n++], nlh);
	return MNL_CB_OK;
}

int netlink_read(struct links *all)
{
	char buf[256];
	struct nlmsghdr *nlh = begin(buf, RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	int ret;

	ifi->ifi_family = AF_UNSPEC;
	*all = (struct links){};
	ret = talk(NETLINK_ROUTE, nlh, on_link, all);
	if (ret) {
		free(all->link);
		*all = (struct links){};
	}
	return ret;
}

const struct link *netlink_find(const struct links *all, int ifindex)
{
	int i;

	for (i = 0; i < all->n; i++)
		if (all->link[i].ifindex == ifindex)
			return &all->link[i];
	return NULL;
}

static int on_one(const struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWLINK)
		read_link(arg, nlh);
	return MNL_CB_STOP;
}

int netlink_lower(const struct link *of, struct link *lower)
{
	char buf[256];
	struct nlmsghdr *nlh = begin(buf, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	int ret;

	if (!of->lower)
		return -ENOENT;
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = of->lower;
	if (of->lower_netns >= 0)
		mnl_attr_put_u32(nlh, IFLA_TARGET_NETNSID, of->lower_netns);
	*lower = (struct link){};
	ret = talk(NETLINK_ROUTE, nlh, on_one, lower);
	return ret ? ret : lower->ifindex ? 0 : -ENOENT;
}

/* --- routes ---------------------------------------------------------------------- */

static int on_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct route *route = arg;
	const struct nlattr *a;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_STOP;
	route->is_local = rtm->rtm_type == RTN_LOCAL;
	mnl_attr_for_each(a, nlh, sizeof(*rtm))
	{
		if (mnl_attr_get_type(a) == RTA_OIF && rtm->rtm_type == RTN_UNICAST)
			route->oif = mnl_attr_get_u32(a);
		if (mnl_attr_get_type(a) == RTA_GATEWAY || mnl_attr_get_type(a) == RTA_VIA)
			route->is_by_gateway = true;
	}
	return MNL_CB_STOP;
}

int netlink_route(const struct nolist_addr *to, struct route *route)
{
	bool is_ip4 = addr_is_ip4(to);
	char buf[256];
	struct nlmsghdr *nlh = begin(buf, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	int ret;

	rtm->rtm_family = is_ip4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = is_ip4 ? 32 : 128;
	mnl_attr_put(nlh, RTA_DST, is_ip4 ? 4 : 16, is_ip4 ? &to->b[12] : &to->b[0]);
	*route = (struct route){};
	ret = talk(NETLINK_ROUTE, nlh, on_route, route);
	/* "No route" is an answer, and no failure. */
	return ret == -ENETUNREACH || ret == -EHOSTUNREACH || ret == -EINVAL ? 0 : ret;
}

/* --- features of drivers ----------------------------------------------------------- */

static int on_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			*(unsigned int *)arg = mnl_attr_get_u16(a);
	return MNL_CB_STOP;
}

static int on_device(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == NETDEV_A_DEV_XDP_FEATURES)
			*(int *)arg = mnl_attr_get_u64(a) & NETDEV_XDP_ACT_BASIC ? 1 : 0;
	return MNL_CB_STOP;
}

static struct nlmsghdr *begin_genl(char *buf, unsigned int family, unsigned int command)
{
	struct nlmsghdr *nlh = begin(buf, family, 0);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = command;
	genl->version = 1;
	return nlh;
}

int netlink_has_native(int ifindex)
{
	unsigned int family = 0;
	struct nlmsghdr *nlh;
	char buf[256];
	int ret, is_native = -EOPNOTSUPP;

	nlh = begin_genl(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	ret = talk(NETLINK_GENERIC, nlh, on_family, &family);
	if (ret || !family)
		return -EOPNOTSUPP;
	nlh = begin_genl(buf, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(nlh, NETDEV_A_DEV_IFINDEX, ifindex);
	ret = talk(NETLINK_GENERIC, nlh, on_device, &is_native);
	return ret ? ret : is_native;
}
