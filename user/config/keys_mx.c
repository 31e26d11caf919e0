// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of MXes: which can be one, and which looks like a mistake.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/array.h"
#include "user/config/keys_mx.h"

/* Addresses that no segment can have (errors), and those that cannot be reached from outside. */
static const struct special {
	const char *prefix, *what;
	bool is_error;
} special[] = {
	{ "0.0.0.0/8", "is no host's address", true },
	{ "127.0.0.0/8", "is a loopback address", true },
	{ "224.0.0.0/4", "is a multicast address", true },
	{ "240.0.0.0/4", "is a reserved or broadcast address", true },
	{ "::/64", "is a loopback address, or no host's", true },
	{ "ff00::/8", "is a multicast address", true },
	{ "10.0.0.0/8", "is private: no sender in the internet can reach it", false },
	{ "172.16.0.0/12", "is private: no sender in the internet can reach it", false },
	{ "192.168.0.0/16", "is private: no sender in the internet can reach it", false },
	{ "100.64.0.0/10", "is shared (RFC 6598): no sender in the internet can reach it", false },
	{ "169.254.0.0/16", "is link-local: no sender in the internet can reach it", false },
	{ "fc00::/7", "is private: no sender in the internet can reach it", false },
	{ "fe80::/10", "is link-local: no sender in the internet can reach it", false },
};

static const struct special *special_of(const struct nolist_addr *addr)
{
	struct prefix p;
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!prefix_parse(special[i].prefix, &p) && prefix_has(&p, addr))
			return &special[i];
	return NULL;
}

/* What people write in place of an address. */
static const char *why_no_address(const char *value)
{
	if (strchr(value, '/'))
		return ": write one address, without a prefix length";
	if (value[strspn(value, "0123456789abcdefABCDEF.:")] && !strchr(value, ':'))
		return ": write its IP address in place of a host name";
	return "";
}

int conf_add_mx(struct conf *conf, enum nolist_role role, const char *value, const char *where)
{
	const struct special *s;
	struct conf_mx mx = { .role = role };

	if (addr_parse(value, &mx.addr)) {
		conf_note(conf, true, "%s: '%s' is not an address%s", where, value,
			  why_no_address(value));
		return -EINVAL;
	}
	if (conf->mxs >= NOLIST_MX_MAX) {
		conf_note(conf, true, "%s: more than %d addresses", where, NOLIST_MX_MAX);
		return -EINVAL;
	}
	s = special_of(&mx.addr);
	if (s)
		conf_note(conf, s->is_error, "%s: '%s' %s", where, value, s->what);
	if (s && s->is_error)
		return -EINVAL;
	if (array_grow(&conf->mx, conf->mxs, sizeof(*conf->mx)))
		return -ENOMEM;
	snprintf(mx.where, sizeof(mx.where), "%s", where);
	conf->mx[conf->mxs++] = mx;
	return 0;
}
