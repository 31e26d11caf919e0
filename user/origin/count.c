// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts sources by autonomous system or country: first a row for each source, then one for each key.
 */
#include <stdlib.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/origin/origin.h"

int origin_count_add(struct origin_count *c, const struct origin_key *key, bool is_listed, bool is_verified,
		     bool is_accepted)
{
	int error = array_grow(&c->row, c->rows, sizeof(*c->row));

	if (error)
		return fail(error, "cannot count the sources");
	c->row[c->rows++] = (struct origin_row){ *key, is_listed, is_verified && !is_listed, is_accepted };
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct origin_row *x = a, *y = b;

	return origin_key_compare(&x->key, &y->key);
}

/* Most listed first, then fewest verified. */
static int by_listed(const void *a, const void *b)
{
	const struct origin_row *x = a, *y = b;

	if (x->listed != y->listed)
		return x->listed > y->listed ? -1 : 1;
	if (x->verified != y->verified)
		return x->verified < y->verified ? -1 : 1;
	return by_key(a, b);
}

void origin_count_sum(struct origin_count *c)
{
	size_t i, n = 0;

	if (!c->rows)
		return;
	qsort(c->row, c->rows, sizeof(*c->row), by_key);
	for (i = 0; i < c->rows; i++) {
		struct origin_row *last = n ? &c->row[n - 1] : NULL;

		if (!last || by_key(last, &c->row[i])) {
			c->row[n++] = c->row[i];
			continue;
		}
		last->listed += c->row[i].listed;
		last->verified += c->row[i].verified;
		last->accepted += c->row[i].accepted;
	}
	c->rows = n;
	qsort(c->row, c->rows, sizeof(*c->row), by_listed);
}

void origin_count_free(struct origin_count *c)
{
	free(c->row);
	*c = (struct origin_count){};
}
