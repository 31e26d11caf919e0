// SPDX-License-Identifier: GPL-2.0-only
/*
 * Networks in each other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/locate/locate.h"

/* Lines of one owner mostly follow each other. */
int entries_name(struct entries *t, const char *text, uint32_t *where)
{
	size_t size = strnlen(text, ORIGIN_OWNER - 1) + 1, i;
	int error = 0;

	if (!t->names_size)
		error = array_grow(&t->names, t->names_size++, 1);
	if (!error && t->names_size == 1)
		t->names[0] = '\0';
	if (!error && !strncmp(t->names + t->last, text, size - 1) && !t->names[t->last + size - 1]) {
		*where = t->last;
		return 0;
	}
	*where = t->last = t->names_size;
	for (i = 0; i < size && !error; i++) {
		error = array_grow(&t->names, t->names_size, 1);
		if (!error)
			t->names[t->names_size++] = i < size - 1 ? text[i] : '\0';
	}
	return error ? error : *where < t->names_size ? 0 : -E2BIG;
}

int entries_add(struct entries *t, const struct entry *e)
{
	int error = t->n == ENTRIES_MAX ? -E2BIG : array_grow(&t->entry, t->n, sizeof(*t->entry));

	if (!error)
		t->entry[t->n++] = *e;
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = addr_compare(&x->network.addr, &y->network.addr);

	return order ? order : (x->network.len > y->network.len) - (x->network.len < y->network.len);
}

/* The first bit that differs, or 128. */
static int common(const struct nolist_addr *a, const struct nolist_addr *b)
{
	int i, bit;

	for (i = 0; i < 16 && a->b[i] == b->b[i]; i++)
		;
	if (i == 16)
		return 128;
	for (bit = 0; !((a->b[i] ^ b->b[i]) << bit & 0x80); bit++)
		;
	return 8 * i + bit;
}

static bool has(const struct prefix *p, const struct nolist_addr *addr)
{
	return common(&p->addr, addr) >= p->len;
}

/* The first of an entry and those around it that has this address; -1: none. */
static long out_to(const struct entries *t, long i, const struct nolist_addr *addr)
{
	while (i >= 0 && !has(&t->entry[i].network, addr))
		i = t->entry[i].around;
	return i;
}

void entries_sort(struct entries *t)
{
	size_t i;

	if (t->n)
		qsort(t->entry, t->n, sizeof(*t->entry), compare);
	for (i = 0; i < t->n; i++)
		t->entry[i].around = out_to(t, (long)i - 1, &t->entry[i].network.addr);
}

/* The first entry from there on that is behind an address. */
static size_t behind(const struct entries *t, size_t from, const struct nolist_addr *addr)
{
	size_t to = t->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (addr_compare(&t->entry[mid].network.addr, addr) <= 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

void entries_find(const struct entries *t, const struct nolist_source *src, struct origin *o)
{
	long i = out_to(t, (long)behind(t, 0, &src->addr) - 1, &src->addr);
	const struct entry *e = i >= 0 ? &t->entry[i] : NULL;

	memset(o, 0, sizeof(*o));
	if (!e)
		return;
	o->as = e->as;
	memcpy(o->country, e->country, sizeof(o->country));
	o->network = e->network;
	if (t->names)
		origin_set_owner(o->owner, t->names + e->owner, ORIGIN_OWNER);
}

/* --- all networks of some keys ---------------------------------------------------------------- */

struct walk {
	const struct entries *t;
	const bool *is_one; /* of each entry: is it of one of the keys? */
	origin_network_fn *fn;
	void *arg;
};

static bool are_all(const struct walk *w, size_t from, size_t to)
{
	while (from < to && w->is_one[from])
		from++;
	return from == to;
}

static bool are_none(const struct walk *w, size_t from, size_t to)
{
	while (from < to && !w->is_one[from])
		from++;
	return from == to;
}

/* A prefix with the entries in it; is_one: is what is around them of one of the keys? */
static int visit(const struct walk *w, struct prefix p, size_t from, size_t to, bool is_one)
{
	size_t mid;
	int error;

	for (; from < to && w->t->entry[from].network.len == p.len; from++)
		is_one = w->is_one[from];
	if (is_one ? are_all(w, from, to) : are_none(w, from, to))
		return is_one ? w->fn(&p, w->arg) : 0;
	p.len++;
	mid = from;
	while (mid < to && has(&p, &w->t->entry[mid].network.addr))
		mid++;
	error = visit(w, p, from, mid, is_one);
	p.addr.b[(p.len - 1) / 8] |= 0x80 >> (p.len - 1) % 8;
	return error ? error : visit(w, p, mid, to, is_one);
}

static int by_key(const void *a, const void *b)
{
	return origin_key_compare(a, b);
}

static bool is_of(const struct entry *e, const struct origin_key *sorted, size_t keys)
{
	struct origin_key as = { .as = e->as }, country = {};

	memcpy(country.country, e->country, sizeof(country.country));
	return (as.as && bsearch(&as, sorted, keys, sizeof(as), by_key)) ||
	       (*country.country && bsearch(&country, sorted, keys, sizeof(country), by_key));
}

int entries_networks(const struct entries *t, const struct origin_key *key, size_t keys, origin_network_fn *fn,
		     void *arg)
{
	struct origin_key *sorted = calloc(keys + 1, sizeof(*sorted));
	bool *is_one = calloc(t->n + 1, sizeof(*is_one));
	struct walk w = { t, is_one, fn, arg };
	int error = -ENOMEM;
	size_t i;

	if (sorted && is_one) {
		memcpy(sorted, key, keys * sizeof(*key));
		qsort(sorted, keys, sizeof(*sorted), by_key);
		for (i = 0; i < t->n; i++)
			is_one[i] = is_of(&t->entry[i], sorted, keys);
		error = visit(&w, (struct prefix){}, 0, t->n, false);
	}
	free(sorted);
	free(is_one);
	return error;
}

void entries_free(struct entries *t)
{
	free(t->entry);
	free(t->names);
	*t = (struct entries){};
}
