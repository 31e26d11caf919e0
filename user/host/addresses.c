// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads addresses from getifaddrs(3), /proc/net and resolv.conf.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/lines.h"
#include "user/host/addresses.h"

/* The caller's function, and its argument. */
struct reader {
	host_address_fn *fn;
	void *arg;
};

static int report(const struct reader *to, const void *bytes, bool is_ip4, const char *what)
{
	struct nolist_addr addr = {};

	if (is_ip4)
		addr = addr_of_ip4(*(const __be32 *)bytes);
	else
		memcpy(&addr, bytes, 16);
	return to->fn(&addr, what, to->arg);
}

static int add_interfaces(const struct reader *to)
{
	const char *what = "address of this host";
	struct ifaddrs *list, *i;
	int error = 0;

	if (getifaddrs(&list))
		return -errno;
	for (i = list; i && !error; i = i->ifa_next) {
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET)
			error = report(to, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, true,
				       what);
		else if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6)
			error = report(to, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, false,
				       what);
	}
	freeifaddrs(list);
	return error;
}

/* One line of /proc/net/route: the gateway is a hexadecimal number in host byte order. */
static int add_route4(const struct reader *to, char *line)
{
	__u32 gateway;

	if (sscanf(line, "%*s %*x %x", &gateway) != 1 || !gateway)
		return 0;
	return report(to, &gateway, true, "gateway of this host");
}

/* One line of /proc/net/ipv6_route: the fifth word is the next hop. */
static int add_route6(const struct reader *to, char *line)
{
	unsigned char hop[16], zero[16] = {};
	char word[33];
	int i;

	if (sscanf(line, "%*s %*s %*s %*s %32s", word) != 1 || strlen(word) != 32)
		return 0;
	for (i = 0; i < 16; i++)
		if (sscanf(word + 2 * i, "%2hhx", &hop[i]) != 1)
			return 0;
	if (!memcmp(hop, zero, sizeof(hop)))
		return 0;
	return report(to, hop, false, "gateway of this host");
}

/* One line of resolv.conf. */
static int add_resolver(const struct reader *to, char *line)
{
	char *word, *rest, *zone;
	struct prefix p;

	word = strtok_r(line, " \t\n", &rest);
	if (!word || strcmp(word, "nameserver"))
		return 0;
	word = strtok_r(NULL, " \t\n", &rest);
	if (!word)
		return 0;
	zone = strchr(word, '%');
	if (zone)
		*zone = '\0';
	if (strchr(word, '/') || prefix_parse(word, &p))
		return 0;
	return to->fn(&p.addr, "resolver of this host", to->arg);
}

/* A function that takes one line, and its arguments. */
struct each {
	const struct reader *to;
	int (*fn)(const struct reader *to, char *line);
};

static int on_line(char *line, unsigned int number, void *arg)
{
	const struct each *e = arg;

	(void)number;
	return e->fn(e->to, line);
}

static int each_line(const struct reader *to, const char *file,
		     int (*fn)(const struct reader *to, char *line))
{
	struct each each = { to, fn };
	struct lines_bad bad;
	char *text;
	size_t size;
	int error = lines_read(file, LINES_FILE_MAX, &text, &size);

	if (error)
		return error == -ENOENT ? 0 : error;
	error = lines_each(text, size, on_line, &each, &bad);
	free(text);
	return error;
}

int host_each_address(host_address_fn *fn, void *arg)
{
	const struct reader reader = { fn, arg }, *to = &reader;
	int error = add_interfaces(to);

	if (!error)
		error = each_line(to, "/proc/net/route", add_route4);
	if (!error)
		error = each_line(to, "/proc/net/ipv6_route", add_route6);
	if (!error)
		error = each_line(to, "/etc/resolv.conf", add_resolver);
	/* If resolv.conf names a stub resolver of this host, the real resolvers are here. */
	if (!error)
		error = each_line(to, "/run/systemd/resolve/resolv.conf", add_resolver);
	return error;
}

/* --- own addresses ------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
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
	to[n++] = addr_of_ip4(ip);
	/* As in the kernel's routes, a /31 and a /32 have no broadcast address (RFC 3021). */
	if (ntohl(~mask) > 1)
		to[n++] = addr_of_ip4(ip | ~mask);
	if (i->ifa_flags & IFF_BROADCAST && i->ifa_broadaddr) {
		ip = ((struct sockaddr_in *)i->ifa_broadaddr)->sin_addr.s_addr;
		if (ip && ip != 0xffffffff)
			to[n++] = addr_of_ip4(ip);
	}
	return n;
}

/* Addresses that add() gives for each entry, sorted, each once. */
static int gather(struct nolist_addr **own, int *owns,
		  int (*add)(struct nolist_addr *to, const struct ifaddrs *i))
{
	struct ifaddrs *all, *i;
	int n = 0, max = 0;

	if (getifaddrs(&all))
		return -errno;
	for (i = all; i; i = i->ifa_next)
		max += 3;
	*own = calloc(max ? max : 1, sizeof(**own));
	for (i = *own ? all : NULL; i; i = i->ifa_next)
		n += i->ifa_addr ? add(*own + n, i) : 0;
	freeifaddrs(all);
	if (!*own)
		return -ENOMEM;
	qsort(*own, n, sizeof(**own), compare);
	for (max = n, n = 0, *owns = 0; n < max; n++)
		if (!*owns || addr_compare(&(*own)[*owns - 1], &(*own)[n]))
			(*own)[(*owns)++] = (*own)[n];
	return 0;
}

static int add_ip6(struct nolist_addr *to, const struct ifaddrs *i)
{
	memcpy(to, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, sizeof(*to));
	return !!to->q[0];
}

static int add_own(struct nolist_addr *to, const struct ifaddrs *i)
{
	if (i->ifa_addr->sa_family == AF_INET)
		return add_ip4(to, i);
	return i->ifa_addr->sa_family == AF_INET6 ? add_ip6(to, i) : 0;
}

int host_own(struct nolist_addr **own, int *owns)
{
	return gather(own, owns, add_own);
}

static int add_address(struct nolist_addr *to, const struct ifaddrs *i)
{
	if (i->ifa_addr->sa_family == AF_INET)
		return add_ip4(to, i) ? 1 : 0;
	if (i->ifa_addr->sa_family != AF_INET6 || !add_ip6(to, i))
		return 0;
	return !IN6_IS_ADDR_LINKLOCAL((struct in6_addr *)to);
}

int host_addresses(struct nolist_addr **own, int *owns)
{
	return gather(own, owns, add_address);
}
