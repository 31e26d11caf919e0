// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of sources, sorted and disjoint.
 */
#include <stdlib.h>

#include "user/base/array.h"
#include "user/record/ranges.h"

/* The first and last source of a prefix; one that is longer than a /64 is of that /64. */
static struct range range_of(const struct prefix *p)
{
	struct nolist_source src = addr_source(&p->addr);
	struct pack_key key = pack_key(&src);
	struct range r = { key, key };

	if (p->len >= 96 && addr_is_ip4(&p->addr))
		r.last.low |= (1ull << (128 - p->len)) - 1;
	else if (p->len < 64)
		r.last.high |= p->len ? (1ull << (64 - p->len)) - 1 : UINT64_MAX;
	/* Key 0 is no IPv6 source, but the first of all IPv4 addresses. */
	if (r.last.high && !r.first.high)
		r.first = (struct pack_key){ .high = 1 };
	return r;
}

int ranges_add(struct ranges *r, const struct prefix *p)
{
	int error = array_grow(&r->range, r->n, sizeof(*r->range));

	if (!error)
		r->range[r->n++] = range_of(p);
	return error;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return pack_compare(&x->first, &y->first);
}

void ranges_sort(struct ranges *r)
{
	size_t i, n = 0;

	if (r->n)
		qsort(r->range, r->n, sizeof(*r->range), compare_ranges);
	for (i = 0; i < r->n; i++) {
		struct range *last = n ? &r->range[n - 1] : NULL;

		if (!last || pack_compare(&r->range[i].first, &last->last) > 0)
			r->range[n++] = r->range[i];
		else if (pack_compare(&r->range[i].last, &last->last) > 0)
			last->last = r->range[i].last;
	}
	r->n = n;
}

const struct range *ranges_from(const struct ranges *r, const struct pack_key *key)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (pack_compare(&r->range[mid].last, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < r->n ? &r->range[from] : NULL;
}

bool ranges_have(const struct ranges *r, const struct pack_key *key)
{
	const struct range *range = ranges_from(r, key);

	return range && pack_compare(&range->first, key) <= 0;
}

uint64_t ranges_count(const struct ranges *r, uint64_t most)
{
	uint64_t n = 0, more;
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct range *range = &r->range[i];

		/* One of the two is 0: no range has both families. */
		more = (range->last.high - range->first.high) + (range->last.low - range->first.low);
		if (more >= most - n)
			return most;
		n += more + 1;
	}
	return n;
}

void ranges_free(struct ranges *r)
{
	free(r->range);
	*r = (struct ranges){};
}
