// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the never-list.
 */
#include <errno.h>

#include "user/base/special_use.h"
#include "user/host/addresses.h"
#include "user/judge/neverlist.h"

int neverlist_add_special_use(struct prefix_set *list)
{
	const struct special_use *s;
	struct prefix p;
	int error = 0;

	for (s = special_uses; s->prefix && !error; s++) {
		error = prefix_parse(s->prefix, &p);
		if (!error)
			error = s->is_lab ? prefix_set_add_optional(list, &p, s->why)
					  : prefix_set_add(list, &p, s->why);
	}
	return error;
}

int neverlist_except(struct prefix_set *list, const struct prefix *p)
{
	return special_use_is_lab(p) ? prefix_set_except(list, p) : -EINVAL;
}

int neverlist_add_mx(struct prefix_set *list, const struct nolist_addr *addr)
{
	struct prefix p = { .addr = *addr, .len = 128 };

	return prefix_set_add(list, &p, "configured mail exchanger, or address of its host");
}

int neverlist_new(struct prefix_set **list, const struct conf *conf)
{
	int i, error = prefix_set_new(list);

	if (!error)
		error = neverlist_add_special_use(*list);
	for (i = 0; i < conf->mxs && !error; i++)
		error = neverlist_add_mx(*list, &conf->mx[i].addr);
	for (i = 0; i < conf->test_sources && !error; i++)
		error = prefix_set_add(*list, &conf->test_source[i], "source of tests");
	/* config/keys.c has checked that each is a lab network. */
	for (i = 0; i < conf->never_excepts && !error; i++)
		error = neverlist_except(*list, &conf->never_except[i]);
	return error;
}

static int add_address(const struct nolist_addr *addr, const char *why, void *arg)
{
	struct prefix p = { .addr = *addr, .len = 128 };

	return prefix_set_add(arg, &p, why);
}

int neverlist_add_host(struct prefix_set *list)
{
	return host_each_address(add_address, list);
}
