// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at the host before a load, since most trouble with fake MXes is there: an
 * address that is not here, a server bound to all addresses, tags that vanish.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#define TCP_LISTENS 0x0a /* state in /proc/net/tcp */

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static struct nolist_addr mapped(__be32 ip)
{
	struct nolist_addr a = {};

	a.w[2] = htonl(0xffff);
	a.w[3] = ip;
	return a;
}

static int add_ip4(struct nolist_addr *to, const struct ifaddrs *i)
{
	__be32 ip = ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr;
	__be32 mask = 0xffffffff;
	int n = 0;

	if (i->ifa_netmask)
		mask = ((struct sockaddr_in *)i->ifa_netmask)->sin_addr.s_addr;
	if (ntohl(ip) >> 24 == IN_LOOPBACKNET)
		return 0;
	to[n++] = mapped(ip);
	/* As the kernel's routes have it: a /31 and a /32 have no broadcast address. */
	if (ntohl(~mask) > 1)
		to[n++] = mapped(ip | ~mask);
	if (i->ifa_flags & IFF_BROADCAST && i->ifa_broadaddr) {
		ip = ((struct sockaddr_in *)i->ifa_broadaddr)->sin_addr.s_addr;
		if (ip && ip != 0xffffffff)
			to[n++] = mapped(ip);
	}
	return n;
}

int check_own(struct nolist_addr **own, int *owns)
{
	struct ifaddrs *all, *i;
	int n = 0, max = 0;

	if (getifaddrs(&all))
		return -errno;
	for (i = all; i; i = i->ifa_next)
		max += 3;
	*own = calloc(max ? max : 1, sizeof(**own));
	for (i = *own ? all : NULL; i; i = i->ifa_next) {
		struct nolist_addr *to = *own + n;

		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
			n += add_ip4(to, i);
		} else if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6) {
			memcpy(to, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, sizeof(*to));
			n += !!to->q[0];
		}
	}
	freeifaddrs(all);
	if (!*own)
		return -ENOMEM;
	qsort(*own, n, sizeof(**own), compare);
	for (max = n, n = 0, *owns = 0; n < max; n++)
		if (!*owns || addr_compare(&(*own)[*owns - 1], &(*own)[n]))
			(*own)[(*owns)++] = (*own)[n];
	return 0;
}

/* --- who listens --------------------------------------------------------------- */

struct listeners {
	struct conf *conf;
	bool is_told[2]; /* IPv6, IPv4: of a server on all addresses */
};

static bool has_port(const struct conf *conf, unsigned int port)
{
	int i;

	for (i = 0; i < conf->ports; i++)
		if (conf->port[i] == port)
			return true;
	return false;
}

static bool is_fake(const struct conf_mx *mx)
{
	return mx->role == NOLIST_LOW || mx->role == NOLIST_HIGH;
}

/* A server on all addresses of a family: its answer at the fakes waits for us to go. */
static void tell_all(struct listeners *l, bool is_ip4, unsigned int port)
{
	int i;

	for (i = 0; i < l->conf->mxs && !l->is_told[is_ip4]; i++) {
		if (!is_fake(&l->conf->mx[i]) || addr_is_ip4(&l->conf->mx[i].addr) != is_ip4)
			continue;
		l->is_told[is_ip4] = true;
		conf_note(l->conf, false,
			  "a server listens on all addresses, port %u: it answers at the %s fakes "
			  "whenever the program is away; bind it to the real MX",
			  port, is_ip4 ? "IPv4" : "IPv6");
	}
}

static void on_listener(struct listeners *l, const struct nolist_addr *addr, unsigned int port)
{
	static const struct nolist_addr any6;
	struct nolist_addr any4 = mapped(0);
	char text[ADDR_TEXT];
	int i;

	if (!addr_compare(addr, &any4)) {
		tell_all(l, true, port);
		return;
	}
	if (!addr_compare(addr, &any6)) {
		/* It may take IPv4 as well: which, /proc does not tell. */
		tell_all(l, false, port);
		tell_all(l, true, port);
		return;
	}
	for (i = 0; i < l->conf->mxs; i++)
		if (is_fake(&l->conf->mx[i]) && !addr_compare(&l->conf->mx[i].addr, addr))
			conf_note(l->conf, false,
				  "%s: a server listens on '%s' port %u: it answers there whenever "
				  "the program is away",
				  l->conf->mx[i].where, addr_text(addr, text), port);
}

static void read_listeners(struct listeners *l, const char *file)
{
	FILE *f = fopen(file, "re");
	char line[512], hex[33];
	unsigned int port, state;
	int i;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		struct nolist_addr a = {};

		if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", hex, &port, &state) != 3)
			continue;
		if (state != TCP_LISTENS || !has_port(l->conf, port))
			continue;
		if (strlen(hex) == 8) {
			a = mapped(strtoul(hex, NULL, 16));
		} else {
			for (i = 3; i >= 0; i--) {
				a.w[i] = strtoul(hex + 8 * i, NULL, 16);
				hex[8 * i] = '\0';
			}
		}
		on_listener(l, &a, port);
	}
	fclose(f);
}

void check_host(struct conf *conf, const struct nolist_addr *own, int owns)
{
	struct listeners l = { .conf = conf };
	char text[ADDR_TEXT];
	int i;

	for (i = 0; i < conf->mxs; i++)
		if (is_fake(&conf->mx[i]) &&
		    !bsearch(&conf->mx[i].addr, own, owns, sizeof(*own), compare))
			conf_note(conf, false,
				  "%s: '%s' is no address of this host: it must be routed here, and "
				  "when the program is away senders meet a timeout",
				  conf->mx[i].where, addr_text(&conf->mx[i].addr, text));
	read_listeners(&l, "/proc/net/tcp");
	read_listeners(&l, "/proc/net/tcp6");
}

/* --- VLANs ----------------------------------------------------------------------- */

static bool has_vlans(const char *name)
{
	FILE *f = fopen("/proc/net/vlan/config", "re");
	char line[256], device[64];
	bool is_found = false;

	if (!f)
		return false;
	while (!is_found && fgets(line, sizeof(line), f))
		is_found = sscanf(line, "%*s | %*d | %63s", device) == 1 && !strcmp(device, name);
	fclose(f);
	return is_found;
}

static int ethtool(const char *name, void *command)
{
	struct ifreq req = { .ifr_data = command };
	int fd, ret;

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = ioctl(fd, SIOCETHTOOL, &req) ? -errno : 0;
	close(fd);
	return ret;
}

bool check_loses_tags(const char *name, enum kern_mode mode, char cure[256])
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };

	/* In generic mode the tag stays with the packet, and goes out with the answer. */
	if (mode == KERN_GENERIC || !has_vlans(name))
		return false;
	/*
	 * A veth hands over what its peer put beside the frame, whatever rxvlan says
	 * here; the peer may be in another namespace and cannot be asked.
	 */
	if (!ethtool(name, &drv) && !strcmp(drv.driver, "veth")) {
		snprintf(cure, 256, "\"ethtool -K PEER txvlan off\" at the other end and --force");
		return true;
	}
	if (ethtool(name, &flags) || !(flags.data & ETH_FLAG_RXVLAN))
		return false;
	snprintf(cure, 256, "\"ethtool -K %s rxvlan off\"", name);
	return true;
}
