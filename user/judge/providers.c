// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads sets of networks, and finds the set that a source is in, with the search of
 * base/prefix_set.h. The contents of such a file come from other people's DNS: a process that
 * can do nothing else reads it, and a network so wide that it would acquit half of the internet
 * is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/prefix_set.h"
#include "user/confined/lines.h"
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

static bool is_name(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_");

	return !name[size] && size && size <= NAME_MAX_BYTES;
}

/* The index of the set with this name, which is added if it is new; or -errno. */
static int set_of(struct providers *p, const char *name)
{
	int i;

	for (i = 0; i < p->names; i++)
		if (!strcmp(p->name[i], name))
			return i;
	if (p->names == SETS_MAX)
		return -EINVAL;
	p->name[p->names] = strdup(name);
	return p->name[p->names] ? p->names++ : -ENOMEM;
}

static bool is_too_wide(const struct prefix *p)
{
	return p->len < (addr_is_ip4(&p->addr) ? 96 + WIDEST_IP4 : WIDEST_IP6);
}

static void clear_host_bits(struct prefix *p)
{
	int i;

	for (i = p->len; i < 128; i++)
		p->addr.b[i / 8] &= ~(0x80 >> i % 8);
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
	unsigned long longest, len;

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
	p->len = len;
	if (is_too_wide(p))
		return -EINVAL;
	clear_host_bits(p);
	return 0;
}

/* --- in a process that can do nothing else --------------------------------------- */

struct value {
	char name[NAME_MAX_BYTES + 1];
	struct prefix network;
};

static int parse(char *line, void *value)
{
	char *rest, *name = strtok_r(line, BLANKS, &rest), *network = strtok_r(NULL, BLANKS, &rest);
	struct value *v = value;

	if (!network || strtok_r(NULL, BLANKS, &rest) || !is_name(name) ||
	    parse_network(network, &v->network))
		return -EINVAL;
	strcpy(v->name, name);
	return 0;
}

/* --- the one that asks ------------------------------------------------------------ */

/* 0; -EINVAL: it is wrong, or there are no more sets; -ENOMEM. */
static int take(const void *value, unsigned int line, void *arg)
{
	struct value v = *(const struct value *)value;
	struct providers *p = arg;
	int set;

	(void)line;
	v.name[NAME_MAX_BYTES] = '\0';
	if (!is_name(v.name) || !prefix_is_right(&v.network) || is_too_wide(&v.network))
		return -EINVAL;
	set = set_of(p, v.name);
	return set < 0 ? set : prefix_set_add(p->networks, &v.network, p->name[set]);
}

int providers_add_text(struct providers *p, const char *text, size_t size, struct lines_bad *bad)
{
	static const struct confined_lines how = { sizeof(struct value), parse, take };

	return confined_lines(text, size, &how, p, bad);
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

static int set_of_entry(const struct providers *p, const struct prefix_entry *e)
{
	int i;

	for (i = 0; e && i < p->names; i++)
		if (e->why == p->name[i])
			return i;
	return -1;
}

int providers_find(const struct providers *p, const struct nolist_source *src)
{
	return set_of_entry(p, p->names ? prefix_set_find(p->networks, src) : NULL);
}

struct walking {
	const struct providers *p;
	providers_fn *fn;
	void *arg;
};

static int on_each(const struct prefix_entry *entry, void *arg)
{
	const struct walking *w = arg;

	return w->fn(&entry->prefix, set_of_entry(w->p, entry), w->arg);
}

int providers_each(const struct providers *p, providers_fn *fn, void *arg)
{
	struct walking w = { p, fn, arg };

	return prefix_set_each(p->networks, on_each, &w);
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
