// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads sets of networks, and finds the set that a source is in, with the search of
 * base/prefix_set.h. The contents of such a file come from other people's DNS: a network
 * so wide that it would acquit half of the internet is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/prefix_set.h"
#include "user/judge/providers.h"

#define BLANKS " \t"
#define NAME_MAX_BYTES 64
#define SETS_MAX 1000
#define WIDEST_IP4 8
#define WIDEST_IP6 16

struct providers {
	struct prefix_set *networks;
	char *name[SETS_MAX];
	int names;
};

int providers_new(struct providers **pp)
{
	struct providers *p = calloc(1, sizeof(*p));

	*pp = p;
	if (!p)
		return -ENOMEM;
	return prefix_set_new(&p->networks);
}

void providers_free(struct providers *p)
{
	if (!p)
		return;
	prefix_set_free(p->networks);
	while (p->names)
		free(p->name[--p->names]);
	free(p);
}

/* The index of the set with this name, which is added if it is new; or -errno. */
static int set_of(struct providers *p, const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
	int i;

	if (name[size] || !size || size > NAME_MAX_BYTES)
		return -EINVAL;
	for (i = 0; i < p->names; i++)
		if (!strcmp(p->name[i], name))
			return i;
	if (p->names == SETS_MAX)
		return -EINVAL;
	p->name[p->names] = strdup(name);
	return p->name[p->names] ? p->names++ : -ENOMEM;
}

/* The length behind the slash: 0 or -EINVAL. In ::ffff:a.b.c.d/n it counts bits of IPv6. */
static int parse_length(const char *text, unsigned long longest, unsigned long *len)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	*len = strtoul(text, &end, 10);
	return *end || *len > longest ? -EINVAL : 0;
}

/* In SPF records a network may have host bits set: they are cleared. */
static int parse_network(const char *text, struct prefix *p)
{
	char addr[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long longest, len, i;

	if (size >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, size);
	addr[size] = '\0';
	if (addr_parse(addr, &p->addr))
		return -EINVAL;
	longest = len = strchr(addr, ':') ? 128 : 32;
	if (slash && parse_length(slash + 1, longest, &len))
		return -EINVAL;
	len += 128 - longest;
	if (len < (addr_is_ip4(&p->addr) ? 96 + WIDEST_IP4 : WIDEST_IP6))
		return -EINVAL;
	p->len = len;
	for (i = len; i < 128; i++)
		p->addr.b[i / 8] &= ~(0x80 >> i % 8);
	return 0;
}

static int add_line(char *line, unsigned int number, void *arg)
{
	struct providers *p = arg;
	char *rest, *name = strtok_r(line, BLANKS, &rest), *network = strtok_r(NULL, BLANKS, &rest);
	struct prefix prefix;
	int set;

	(void)number;
	if (!network || strtok_r(NULL, BLANKS, &rest) || parse_network(network, &prefix))
		return -EINVAL;
	set = set_of(p, name);
	return set < 0 ? set : prefix_set_add(p->networks, &prefix, p->name[set]);
}

int providers_add_text(struct providers *p, const char *text, size_t size, struct lines_bad *bad)
{
	return lines_each(text, size, add_line, p, bad);
}

int providers_sort(struct providers *p)
{
	return prefix_set_sort(p->networks);
}

int providers_count(const struct providers *p)
{
	return p->names;
}

const char *providers_name(const struct providers *p, int set)
{
	return p->name[set];
}

int providers_find(const struct providers *p, const struct nolist_source *src)
{
	const struct prefix_entry *e = p->names ? prefix_set_find(p->networks, src) : NULL;
	int i;

	for (i = 0; e && i < p->names; i++)
		if (e->why == p->name[i])
			return i;
	return -1;
}

struct gathering {
	const char *name;
	struct ranges *to;
};

static int on_network(const struct prefix_entry *entry, void *arg)
{
	const struct gathering *g = arg;

	return entry->why == g->name ? ranges_add(g->to, &entry->prefix) : 0;
}

int providers_ranges(const struct providers *p, int set, struct ranges *to)
{
	struct gathering g = { p->name[set], to };

	return prefix_set_each(p->networks, on_network, &g);
}
