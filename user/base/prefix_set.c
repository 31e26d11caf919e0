// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefix sets: sorted arrays, one for each family. Every entry has the index of the
 * next wider entry around it, so a look-up is a binary search and a few steps up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/prefix_set.h"

#define NO_PARENT (-1)

struct node {
	struct prefix_entry entry;
	int parent;       /* the next wider entry around it */
};

struct nodes {
	struct node *at;
	int used, capacity;
};

struct prefix_set {
	struct nodes family[2]; /* IPv4, IPv6 */
	struct prefix *except;
	int excepts;
	char **files; /* names, owned */
	int nfiles;
};

static bool holds(const struct prefix *wide, const struct prefix *p)
{
	return wide->len <= p->len && prefix_has(wide, &p->addr);
}

int prefix_set_new(struct prefix_set **setp)
{
	*setp = calloc(1, sizeof(**setp));
	return *setp ? 0 : -ENOMEM;
}

void prefix_set_free(struct prefix_set *set)
{
	if (!set)
		return;
	while (set->nfiles)
		free(set->files[--set->nfiles]);
	free(set->files);
	free(set->except);
	free(set->family[0].at);
	free(set->family[1].at);
	free(set);
}

static struct nodes *nodes_of(struct prefix_set *set, const struct prefix *p)
{
	return &set->family[!(p->len >= 96 && addr_is_ip4(&p->addr))];
}

static int add(struct prefix_set *set, const struct prefix_entry *entry)
{
	struct nodes *f = nodes_of(set, &entry->prefix);
	struct node *at;

	if (f->used == f->capacity) {
		at = reallocarray(f->at, f->capacity * 2 + 64, sizeof(*at));
		if (!at)
			return -ENOMEM;
		f->at = at;
		f->capacity = f->capacity * 2 + 64;
	}
	f->at[f->used++] = (struct node){ *entry, NO_PARENT };
	return 0;
}

int prefix_set_add(struct prefix_set *set, const struct prefix *p, const char *why)
{
	return prefix_set_add_until(set, p, why, 0);
}

int prefix_set_add_optional(struct prefix_set *set, const struct prefix *p, const char *why)
{
	return add(set, &(struct prefix_entry){ .prefix = *p, .why = why, .is_optional = true });
}

int prefix_set_add_until(struct prefix_set *set, const struct prefix *p, const char *why,
			 int64_t until)
{
	struct prefix_entry entry = { .prefix = *p, .why = why, .until = until };

	return add(set, &entry);
}

int prefix_set_except(struct prefix_set *set, const struct prefix *p)
{
	struct prefix *except;

	except = reallocarray(set->except, set->excepts + 1, sizeof(*except));
	if (!except)
		return -ENOMEM;
	set->except = except;
	set->except[set->excepts++] = *p;
	return 0;
}

const char *prefix_set_name(struct prefix_set *set, const char *file)
{
	if (array_grow(&set->files, set->nfiles, sizeof(*set->files)))
		return NULL;
	set->files[set->nfiles] = strdup(file);
	return set->files[set->nfiles] ? set->files[set->nfiles++] : NULL;
}

int prefix_set_add_line(struct prefix_set *set, const struct prefix *p, const char *name,
			unsigned int line)
{
	return add(set, &(struct prefix_entry){ .prefix = *p, .why = name, .line = line });
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

int prefix_set_sort(struct prefix_set *set)
{
	struct nodes *f;
	int i, up;

	for (f = set->family; f < set->family + 2; f++) {
		if (f->used)
			qsort(f->at, f->used, sizeof(*f->at), compare_nodes);
		for (i = 0; i < f->used; i++) {
			up = i - 1;
			while (up != NO_PARENT &&
			       !holds(&f->at[up].entry.prefix, &f->at[i].entry.prefix))
				up = f->at[up].parent;
			f->at[i].parent = up;
		}
	}
	return 0;
}

/* Does this entry apply to p, or is p excepted from it? */
static bool is_in_force(const struct prefix_set *set, const struct node *node,
			const struct prefix *p)
{
	int i;

	for (i = 0; node->entry.is_optional && i < set->excepts; i++)
		if (holds(&set->except[i], p))
			return false;
	return true;
}

/* Index of the first entry after p in the order of the array. */
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

const struct prefix_entry *prefix_set_find(const struct prefix_set *set,
					   const struct nolist_source *src)
{
	const struct nodes *f = &set->family[!addr_is_ip4(&src->addr)];
	struct prefix p;
	int behind, i;

	if (!f->used)
		return NULL;
	p = source_prefix(src);
	behind = search(f, &p);
	for (i = behind - 1; i != NO_PARENT; i = f->at[i].parent)
		if (holds(&f->at[i].entry.prefix, &p) && is_in_force(set, &f->at[i], &p))
			return &f->at[i].entry;
	for (i = behind; i < f->used && holds(&p, &f->at[i].entry.prefix); i++)
		if (is_in_force(set, &f->at[i], &p))
			return &f->at[i].entry;
	return NULL;
}

/* Of an entry what is not excepted, in halves and halves of these. */
static int each_piece(const struct prefix_set *set, const struct node *node, prefix_set_fn *fn,
		      void *arg)
{
	const struct prefix *p = &node->entry.prefix;
	struct node half = *node;
	int i, ret;

	if (!is_in_force(set, node, p))
		return 0;
	for (i = 0; node->entry.is_optional && i < set->excepts; i++)
		if (holds(p, &set->except[i]))
			break;
	if (!node->entry.is_optional || i == set->excepts)
		return fn(&node->entry, arg);
	half.entry.prefix.len++;
	ret = each_piece(set, &half, fn, arg);
	half.entry.prefix.addr.b[p->len / 8] |= 0x80 >> p->len % 8;
	return ret ? ret : each_piece(set, &half, fn, arg);
}

int prefix_set_each(const struct prefix_set *set, prefix_set_fn *fn, void *arg)
{
	int f, i, ret = 0;

	for (f = 0; f < 2; f++)
		for (i = 0; i < set->family[f].used && !ret; i++)
			ret = each_piece(set, &set->family[f].at[i], fn, arg);
	return ret;
}
