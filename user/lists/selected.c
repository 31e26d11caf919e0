// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packed array: 24 bytes for each source on the list. Its size is bounded: a longer list
 * takes more time, but not more memory.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"
#include "user/record/pack.h"
#include "user/lists/selected.h"

#define SELECTED_MAX (1u << 21)

struct selected_one {
	struct pack_key key;
	uint32_t until; /* seconds since 1970: enough until 2106 */
	uint8_t is;     /* enum judgement */
	uint8_t is_strong;
};

int selected_add(struct selected *t, const struct judged *of)
{
	if (t->n == SELECTED_MAX) {
		selected_free(t);
		t->is_off = true;
	}
	if (t->is_off)
		return 0;
	if (array_grow(&t->one, t->n, sizeof(*t->one)))
		return -ENOMEM;
	t->one[t->n++] = (struct selected_one){ .key = pack_key(&of->r.src),
						.until = of->v.until,
						.is = of->v.is,
						.is_strong = of->v.is_strong };
	return 0;
}

bool selected_get(const struct selected *t, size_t i, struct judged *of)
{
	if (i >= t->n)
		return false;
	of->r.src = pack_source(&t->one[i].key);
	of->v.is = t->one[i].is;
	of->v.is_strong = t->one[i].is_strong;
	of->v.until = t->one[i].until;
	return true;
}

/* Both are in the order of addresses. */
void selected_drop(struct selected *t, const struct admission *a)
{
	const struct admission_new *wait = a->new + a->news - a->waits, *end = a->new + a->news;
	size_t i, stored = 0;

	for (i = 0; i < t->n; i++) {
		struct nolist_source src = pack_source(&t->one[i].key);
		int order = -1;

		while (wait < end && (order = addr_compare(&wait->src.addr, &src.addr)) < 0)
			wait++;
		if (wait == end || order)
			t->one[stored++] = t->one[i];
	}
	t->n = stored;
}

void selected_free(struct selected *t)
{
	free(t->one);
	*t = (struct selected){ .is_off = t->is_off };
}
