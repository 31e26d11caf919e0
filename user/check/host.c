// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the host before a load, since most trouble with fake MXes is there: an address
 * that the host does not have, a server bound to all addresses, an existing connection to
 * an address that is to be a fake.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/check/check.h"
#include "user/host/addresses.h"

enum { TCP_IS_UP = 0x01, TCP_LISTENS = 0x0a }; /* states in /proc/net/tcp */

/* --- listening and connected sockets ------------------------------------------- */

struct sockets {
	struct findings *to;
	const struct conf *conf;
	unsigned int cut[NOLIST_MX_MAX]; /* connections to a fake, by index of mx */
	bool is_reported[2];             /* IPv6, IPv4: a server on all addresses */
	bool is_partial;                 /* not all could be read */
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

/* A server on all addresses of a family answers at the fakes once we are detached. */
static void warn_all_addresses(struct sockets *s, bool is_ip4, unsigned int port)
{
	int i;

	for (i = 0; i < s->conf->mxs && !s->is_reported[is_ip4]; i++) {
		if (!is_fake(&s->conf->mx[i]) || addr_is_ip4(&s->conf->mx[i].addr) != is_ip4)
			continue;
		s->is_reported[is_ip4] = true;
		find(s->to, GRADE_WARNING, "listener", is_ip4 ? "0.0.0.0" : "::",
		     "a server listens on all addresses, port %u: it answers at the %s fakes "
		     "whenever nolist-xdp is not loaded; bind it to the real MX",
		     port, is_ip4 ? "IPv4" : "IPv6");
		find_hint(s->to,
			  "postfix: inet_interfaces, exim: local_interfaces; \"ss -ltnp "
			  "sport = %u\" names the process",
			  port);
	}
}

static void on_listener(struct sockets *s, const struct nolist_addr *addr, unsigned int port)
{
	static const struct nolist_addr any6;
	struct nolist_addr any4 = addr_of_ip4(0);
	char text[ADDR_TEXT];
	int i;

	if (!addr_compare(addr, &any4)) {
		warn_all_addresses(s, true, port);
		return;
	}
	if (!addr_compare(addr, &any6)) {
		/* It may accept IPv4 as well; /proc does not say. */
		warn_all_addresses(s, false, port);
		warn_all_addresses(s, true, port);
		return;
	}
	for (i = 0; i < s->conf->mxs; i++) {
		if (!is_fake(&s->conf->mx[i]) || addr_compare(&s->conf->mx[i].addr, addr))
			continue;
		addr_text(addr, text);
		find(s->to, GRADE_WARNING, "listener", text,
		     "%s: a server listens on '%s' port %u: it answers there whenever nolist-xdp "
		     "is not loaded",
		     s->conf->mx[i].where, text, port);
		find_hint(s->to, "\"ss -ltnp src = [%s]:%u\" shows the process", text, port);
	}
}

static void on_connection(struct sockets *s, const struct nolist_addr *addr)
{
	int i;

	for (i = 0; i < s->conf->mxs && i < NOLIST_MX_MAX; i++)
		if (is_fake(&s->conf->mx[i]) && !addr_compare(&s->conf->mx[i].addr, addr))
			s->cut[i]++;
}

static void read_sockets(struct sockets *s, const char *file)
{
	FILE *f = fopen(file, "re");
	char line[512], hex[33];
	unsigned int port, state;
	int i;

	/* Without IPv6 there is no table of it. */
	s->is_partial |= !f && errno != ENOENT;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		struct nolist_addr a = {};

		if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", hex, &port, &state) != 3)
			continue;
		if (!has_port(s->conf, port))
			continue;
		if (strlen(hex) == 8) {
			a = addr_of_ip4(strtoul(hex, NULL, 16));
		} else {
			for (i = 3; i >= 0; i--) {
				a.w[i] = strtoul(hex + 8 * i, NULL, 16);
				hex[8 * i] = '\0';
			}
		}
		if (state == TCP_LISTENS)
			on_listener(s, &a, port);
		else if (state == TCP_IS_UP)
			on_connection(s, &a);
	}
	s->is_partial |= ferror(f) != 0;
	fclose(f);
}

/* An existing connection to a fake means that the configuration has the wrong address. */
static void check_sockets(struct findings *to, const struct conf *conf)
{
	struct sockets s = { .to = to, .conf = conf };
	char text[ADDR_TEXT];
	int i;

	read_sockets(&s, "/proc/net/tcp");
	read_sockets(&s, "/proc/net/tcp6");
	if (s.is_partial)
		find(to, GRADE_NOTE, "listener", "", "not all sockets of this host could be read");
	for (i = 0; i < conf->mxs && i < NOLIST_MX_MAX; i++) {
		if (!s.cut[i])
			continue;
		addr_text(&conf->mx[i].addr, text);
		find(to, GRADE_REFUSES, "connection", text,
		     "%s: %u connection%s to '%s' would be cut: is this a fake?", conf->mx[i].where,
		     s.cut[i], s.cut[i] == 1 ? "" : "s", text);
		find_hint(to,
			  "give its role to another address, or leave the port out; \"ss -tnp "
			  "src [%s]\" names the process",
			  text);
	}
}

/* --- whether they are addresses of this host --------------------------------------- */

static void not_here(struct findings *to, const struct conf_mx *mx, const struct links *links,
		     const struct check_ifs *ifs, const struct route *route)
{
	const struct link *out = route->oif ? netlink_find(links, route->oif) : NULL;
	const char *hint_dev = "lo";
	char text[ADDR_TEXT];
	int i;

	addr_text(&mx->addr, text);
	for (i = 0; i < ifs->n && out; i++)
		if (ifs->ifindex[i] == route->oif)
			out = NULL;
	if (out && !strcmp(out->kind, "bridge")) {
		find(to, GRADE_WARNING, "address", text,
		     "%s: '%s' is not an address of this host, but of a host on bridge '%s': "
		     "frames bridged to it pass, packets routed to it are answered",
		     mx->where, text, out->name);
	} else if (out) {
		find(to, GRADE_WARNING, "address", text,
		     "%s: '%s' is not an address of this host, which forwards it through '%s': "
		     "it is answered here, and there whenever nolist-xdp is not loaded",
		     mx->where, text, out->name);
	} else {
		find(to, GRADE_WARNING, "address", text,
		     "%s: '%s' is not an address of this host: it must be routed here, and "
		     "senders meet a timeout whenever nolist-xdp is not loaded",
		     mx->where, text);
	}
	if (ifs->n && netlink_find(links, ifs->ifindex[0]))
		hint_dev = netlink_find(links, ifs->ifindex[0])->name;
	find_hint(to, "ip addr add %s/%d dev %s", text, addr_is_ip4(&mx->addr) ? 32 : 128,
		  hint_dev);
}

static void check_addresses(struct findings *to, const struct conf *conf, const struct links *links,
			    const struct check_ifs *ifs)
{
	char text[ADDR_TEXT];
	struct route route;
	int i;

	for (i = 0; i < conf->mxs; i++) {
		const struct conf_mx *mx = &conf->mx[i];

		addr_text(&mx->addr, text);
		if (netlink_route(&mx->addr, &route))
			find(to, GRADE_NOTE, "address", text,
			     "%s: cannot find out if '%s' is an address of this host", mx->where,
			     text);
		else if (route.is_local)
			find(to, GRADE_OK, "address", text, "%s: %s, an address of this host",
			     mx->where, conf_role_name(mx->role));
		else if (is_fake(mx))
			not_here(to, mx, links, ifs, &route);
		else
			find(to, GRADE_NOTE, "address", text,
			     "%s: the real MX is another host: only SYNs to it are seen here, so "
			     "import its log",
			     mx->where);
	}
}

void check_host(struct findings *to, const struct conf *conf, const struct links *links,
		const struct check_ifs *ifs)
{
	check_addresses(to, conf, links, ifs);
	check_sockets(to, conf);
}

int check_all(struct findings *to, const struct conf *conf, const int *ifindex, int n)
{
	struct check_ifs ifs = { .ifindex = ifindex, .n = n };
	struct links links;
	int i, ret;

	*to = (struct findings){};
	ret = netlink_read(&links);
	if (ret)
		return ret;
	check_kernel(to);
	for (i = 0; i < n; i++)
		check_interface(to, &links, &ifs, ifindex[i], conf->mode);
	check_host(to, conf, &links, &ifs);
	check_firewall(to, conf, &links, &ifs);
	free(links.link);
	return to->is_incomplete ? -ENOMEM : 0;
}
