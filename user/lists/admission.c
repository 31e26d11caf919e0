// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays in the order of addresses, so that a question is a binary search: a list may
 * have a million sources.
 */
#define _GNU_SOURCE /* reallocarray */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/lists/admission.h"

/* More strong offences are stronger; if equal, more weak ones; then the later offence. */
static uint64_t strength(const struct judged *of)
{
	const struct verdict *v = &of->v;
	uint64_t until = v->until < 0 ? 0 : v->until > UINT32_MAX ? UINT32_MAX : v->until;
	uint64_t strong = v->strong > UINT16_MAX ? UINT16_MAX : v->strong;
	uint64_t weak = v->weak > UINT16_MAX ? UINT16_MAX : v->weak;

	return strong << 48 | weak << 32 | until;
}

int admission_new(struct admission *a, const struct judged *of)
{
	int error = array_grow(&a->new, a->news, sizeof(*a->new));

	if (!error)
		a->new[a->news++] = (struct admission_new){ of->r.src, strength(of) };
	return error;
}

int admission_retain(struct admission *a, const struct nolist_source *src)
{
	int error = array_grow(&a->retained, a->n_retained, sizeof(*a->retained));

	if (!error)
		a->retained[a->n_retained++] = *src;
	return error;
}

static int compare_sources(const void *a, const void *b)
{
	const struct nolist_source *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

static int compare_new(const void *a, const void *b)
{
	const struct admission_new *x = a, *y = b;

	return addr_compare(&x->src.addr, &y->src.addr);
}

/* Strongest first; equals in the order of addresses, so that the result is always the same. */
static int compare_strength(const void *a, const void *b)
{
	const struct admission_new *x = a, *y = b;

	if (x->strength != y->strength)
		return x->strength > y->strength ? -1 : 1;
	return addr_compare(&x->src.addr, &y->src.addr);
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

/* *least: the strength of the weakest source that is added; *equals: how many of it are. */
static int find_least(const struct admission *a, size_t limit, uint64_t *least, size_t *equals)
{
	uint64_t *all = reallocarray(NULL, a->news, sizeof(*all));
	size_t i;

	if (!all)
		return -ENOMEM;
	for (i = 0; i < a->news; i++)
		all[i] = a->new[i].strength;
	qsort(all, a->news, sizeof(*all), compare_numbers);
	*least = limit ? all[limit - 1] : UINT64_MAX;
	for (*equals = 0; *equals < limit && all[limit - 1 - *equals] == *least; ++*equals)
		;
	free(all);
	return 0;
}

int admission_limit(struct admission *a, size_t limit)
{
	struct admission_new *in;
	size_t i, ins = 0, waits = 0, equals;
	uint64_t least;

	if (a->news <= limit)
		return 0;
	in = reallocarray(NULL, limit + 1, sizeof(*in));
	if (!in || find_least(a, limit, &least, &equals)) {
		free(in);
		return -ENOMEM;
	}
	for (i = 0; i < a->news; i++) {
		struct admission_new *new = &a->new[i];

		if (new->strength > least || (new->strength == least && equals && equals--))
			in[ins++] = *new;
		else
			a->new[waits++] = *new;
	}
	memmove(a->new + ins, a->new, waits * sizeof(*in));
	memcpy(a->new, in, ins * sizeof(*in));
	free(in);
	a->waits = waits;
	qsort(a->new, ins, sizeof(*a->new), compare_strength);
	return 0;
}

void admission_free(struct admission *a)
{
	free(a->new);
	free(a->retained);
	*a = (struct admission){};
}

bool admission_waits(const struct admission *a, const struct nolist_source *src)
{
	struct admission_new key = { .src = *src };

	return a->waits && bsearch(&key, a->new + a->news - a->waits, a->waits, sizeof(*a->new),
				   compare_new);
}

bool admission_is_retained(const struct admission *a, const struct nolist_source *src)
{
	return a->n_retained &&
	       bsearch(src, a->retained, a->n_retained, sizeof(*a->retained), compare_sources);
}
