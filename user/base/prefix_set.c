// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefix sets: sorted arrays, one for each family, in which every entry knows
 * the next wider one around it; a look-up is a binary search and a short climb.
 */
#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/prefix_set.h"

#define NO_PARENT (-1)

struct node {
	struct never_entry entry;
	bool is_lab; /* never_except() may take it out */
	int parent;  /* the next wider entry around it */
};

struct nodes {
	struct node *at;
	int used, room;
};

struct never {
	struct nodes family[2]; /* IPv4, IPv6 */
	struct prefix *except;
	int excepts;
	char **files; /* names, owned */
	int nfiles;
};

static const struct {
	const char *prefix;
	const char *why;
	bool is_lab;
} builtin[] = {
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
};

int never_new(struct never **np)
{
	*np = calloc(1, sizeof(**np));
	return *np ? 0 : -ENOMEM;
}

void never_free(struct never *n)
{
	if (!n)
		return;
	while (n->nfiles)
		free(n->files[--n->nfiles]);
	free(n->files);
	free(n->except);
	free(n->family[0].at);
	free(n->family[1].at);
	free(n);
}

static struct nodes *nodes_of(struct never *n, const struct prefix *p)
{
	return &n->family[!(p->len >= 96 && addr_is_ip4(&p->addr))];
}

static int add(struct never *n, const struct never_entry *entry, bool is_lab)
{
	struct nodes *f = nodes_of(n, &entry->prefix);
	struct node *at;

	if (f->used == f->room) {
		at = reallocarray(f->at, f->room * 2 + 64, sizeof(*at));
		if (!at)
			return -ENOMEM;
		f->at = at;
		f->room = f->room * 2 + 64;
	}
	f->at[f->used++] = (struct node){ *entry, is_lab, NO_PARENT };
	return 0;
}

int never_add(struct never *n, const struct prefix *p, const char *why)
{
	return never_add_until(n, p, why, 0);
}

int never_add_until(struct never *n, const struct prefix *p, const char *why, int64_t until)
{
	struct never_entry entry = { .prefix = *p, .why = why, .until = until };

	return add(n, &entry, false);
}

int never_add_builtin(struct never *n)
{
	struct never_entry entry = {};
	unsigned int i;
	int error;

	for (i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
		entry.why = builtin[i].why;
		error = prefix_parse(builtin[i].prefix, &entry.prefix);
		if (!error)
			error = add(n, &entry, builtin[i].is_lab);
		if (error)
			return error;
	}
	return 0;
}

static bool prefix_holds(const struct prefix *wide, const struct prefix *p)
{
	return wide->len <= p->len && prefix_has(wide, &p->addr);
}

bool never_is_lab(const struct prefix *p)
{
	struct prefix lab;
	unsigned int i;

	for (i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (builtin[i].is_lab && !prefix_parse(builtin[i].prefix, &lab) &&
		    prefix_holds(&lab, p))
			return true;
	return false;
}

int never_except(struct never *n, const struct prefix *p)
{
	struct prefix *except;

	if (!never_is_lab(p))
		return -EINVAL;
	except = reallocarray(n->except, n->excepts + 1, sizeof(*except));
	if (!except)
		return -ENOMEM;
	n->except = except;
	n->except[n->excepts++] = *p;
	return 0;
}

static int add_addr(struct never *n, const void *addr, bool is_ip4, const char *why)
{
	struct prefix p = { .len = 128 };

	if (is_ip4) {
		p.addr.w[2] = htonl(0xffff);
		memcpy(&p.addr.w[3], addr, 4);
	} else {
		memcpy(&p.addr, addr, 16);
	}
	return never_add(n, &p, why);
}

static int add_interfaces(struct never *n)
{
	const char *why = "address of this host";
	struct ifaddrs *list, *i;
	int error = 0;

	if (getifaddrs(&list))
		return -errno;
	for (i = list; i && !error; i = i->ifa_next) {
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET)
			error = add_addr(n, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, true,
					 why);
		else if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6)
			error = add_addr(n, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, false,
					 why);
	}
	freeifaddrs(list);
	return error;
}

/* One line of /proc/net/route: the gateway's bytes as one number. */
static int add_route4(struct never *n, char *line)
{
	__u32 gateway;

	if (sscanf(line, "%*s %*x %x", &gateway) != 1 || !gateway)
		return 0;
	return add_addr(n, &gateway, true, "gateway of this host");
}

/* One line of /proc/net/ipv6_route: the fifth word is the next hop. */
static int add_route6(struct never *n, char *line)
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
	return add_addr(n, hop, false, "gateway of this host");
}

/* One line of resolv.conf. */
static int add_resolver(struct never *n, char *line)
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
	return never_add(n, &p, "resolver of this host");
}

static int each_line(struct never *n, const char *file,
		     int (*fn)(struct never *n, char *line))
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t room = 0;
	int error = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!error && getline(&line, &room, f) >= 0)
		error = fn(n, line);
	if (!error && ferror(f))
		error = -EIO;
	free(line);
	fclose(f);
	return error;
}

int never_add_host(struct never *n)
{
	int error = add_interfaces(n);

	if (!error)
		error = each_line(n, "/proc/net/route", add_route4);
	if (!error)
		error = each_line(n, "/proc/net/ipv6_route", add_route6);
	if (!error)
		error = each_line(n, "/etc/resolv.conf", add_resolver);
	/* Where resolv.conf names a stub of this host, its own resolvers are here. */
	if (!error)
		error = each_line(n, "/run/systemd/resolve/resolv.conf", add_resolver);
	return error;
}

/* The word of a line without its comment; NULL: it is empty, or size is wrong. */
static char *line_word(char *line, size_t size, int *error)
{
	char *word = line, *end;

	*error = strlen(line) == size ? 0 : -EINVAL;
	line[strcspn(line, "#\n")] = '\0';
	while (isspace((unsigned char)*word))
		word++;
	end = word + strlen(word);
	while (end > word && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return *word && !*error ? word : NULL;
}

static int read_lines(struct never *n, FILE *f, const char *name, unsigned int *line)
{
	struct never_entry entry = { .why = name };
	char *text = NULL, *word;
	size_t room = 0;
	ssize_t size;
	int error = 0;

	for (*line = 1; (size = getline(&text, &room, f)) >= 0; ++*line) {
		word = line_word(text, size, &error);
		if (word)
			error = prefix_parse(word, &entry.prefix);
		entry.line = *line;
		if (word && !error)
			error = add(n, &entry, false);
		if (error)
			break;
	}
	if (!error && ferror(f))
		error = errno ? -errno : -EIO;
	if (error != -EINVAL)
		*line = 0;
	free(text);
	return error;
}

int never_add_file(struct never *n, const char *file, unsigned int *line)
{
	char **files, *name;
	int error;
	FILE *f;

	*line = 0;
	f = fopen(file, "re");
	if (!f)
		return -errno;
	files = reallocarray(n->files, n->nfiles + 1, sizeof(*files));
	name = strdup(file);
	if (files)
		n->files = files;
	if (!files || !name) {
		free(name);
		fclose(f);
		return -ENOMEM;
	}
	n->files[n->nfiles++] = name;
	errno = 0;
	error = read_lines(n, f, name, line);
	fclose(f);
	return error;
}

static int compare_prefixes(const struct prefix *a, const struct prefix *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	return order ? order : a->len - b->len;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return compare_prefixes(&x->entry.prefix, &y->entry.prefix);
}

int never_sort(struct never *n)
{
	struct nodes *f;
	int i, up;

	for (f = n->family; f < n->family + 2; f++) {
		if (f->used)
			qsort(f->at, f->used, sizeof(*f->at), compare_nodes);
		for (i = 0; i < f->used; i++) {
			up = i - 1;
			while (up != NO_PARENT &&
			       !prefix_holds(&f->at[up].entry.prefix, &f->at[i].entry.prefix))
				up = f->at[up].parent;
			f->at[i].parent = up;
		}
	}
	return 0;
}

/* Does this entry hold for p, or was it taken out? */
static bool is_in_force(const struct never *n, const struct node *node, const struct prefix *p)
{
	int i;

	for (i = 0; node->is_lab && i < n->excepts; i++)
		if (prefix_holds(&n->except[i], p))
			return false;
	return true;
}

/* The first entry behind p. */
static int search(const struct nodes *f, const struct prefix *p)
{
	int from = 0, to = f->used;

	while (from < to) {
		int mid = from + (to - from) / 2;

		if (compare_prefixes(&f->at[mid].entry.prefix, p) <= 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

const struct never_entry *never_find(const struct never *n, const struct nolist_source *src)
{
	struct prefix p = source_prefix(src);
	const struct nodes *f = nodes_of((struct never *)n, &p);
	int behind = search(f, &p), i;

	for (i = behind - 1; i != NO_PARENT; i = f->at[i].parent)
		if (prefix_holds(&f->at[i].entry.prefix, &p) && is_in_force(n, &f->at[i], &p))
			return &f->at[i].entry;
	for (i = behind; i < f->used && prefix_holds(&p, &f->at[i].entry.prefix); i++)
		if (is_in_force(n, &f->at[i], &p))
			return &f->at[i].entry;
	return NULL;
}
