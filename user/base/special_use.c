// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registries' special-purpose networks (RFC 6890), with what each is for.
 */
#include <stddef.h>

#include "user/base/special_use.h"

const struct special_use special_uses[] = {
	{ "0.0.0.0/8", "this network (RFC 1122)", false },
	{ "10.0.0.0/8", "private (RFC 1918)", true },
	{ "100.64.0.0/10", "shared by carriers (RFC 6598)", false },
	{ "127.0.0.0/8", "loopback", false },
	{ "169.254.0.0/16", "link-local", false },
	{ "172.16.0.0/12", "private (RFC 1918)", true },
	{ "192.0.0.0/24", "protocol assignments (RFC 6890)", false },
	{ "192.0.2.0/24", "documentation (RFC 5737)", true },
	{ "192.88.99.0/24", "6to4 relays (RFC 7526)", false },
	{ "192.168.0.0/16", "private (RFC 1918)", true },
	{ "198.18.0.0/15", "benchmarking (RFC 2544)", true },
	{ "198.51.100.0/24", "documentation (RFC 5737)", true },
	{ "203.0.113.0/24", "documentation (RFC 5737)", true },
	{ "224.0.0.0/4", "multicast", false },
	{ "240.0.0.0/4", "reserved, broadcast", false },
	{ "::/8", "unspecified, loopback, mapped or translated IPv4", false },
	{ "100::/64", "discard (RFC 6666)", false },
	{ "2001::/32", "Teredo", false },
	{ "2001:2::/48", "benchmarking (RFC 5180)", true },
	{ "2001:10::/28", "ORCHID (RFC 4843)", false },
	{ "2001:20::/28", "ORCHID (RFC 7343)", false },
	{ "2001:db8::/32", "documentation (RFC 3849)", true },
	{ "2002::/16", "6to4", false },
	{ "3fff::/20", "documentation (RFC 9637)", true },
	{ "5f00::/16", "segment routing (RFC 9602)", false },
	{ "fc00::/7", "unique local (RFC 4193)", true },
	{ "fe80::/10", "link-local", false },
	{ "fec0::/10", "site-local (RFC 3879)", false },
	{ "ff00::/8", "multicast", false },
	{}
};

bool special_use_is_lab(const struct prefix *p)
{
	const struct special_use *s;
	struct prefix lab;

	for (s = special_uses; s->prefix; s++)
		if (s->is_lab && !prefix_parse(s->prefix, &lab) && lab.len <= p->len &&
		    prefix_has(&lab, &p->addr))
			return true;
	return false;
}

bool special_use_is_private(const struct nolist_addr *addr)
{
	static const char *const nets[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
					    "100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
					    "fe80::/10" };
	struct prefix p;
	size_t i;

	for (i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if (!prefix_parse(nets[i], &p) && prefix_has(&p, addr))
			return true;
	return false;
}
