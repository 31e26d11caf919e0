// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store's rows are of a day each, in the order of sources; so the rows of one follow each other.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/array.h"
#include "user/base/text.h"
#include "user/enforce/spam.h"
#include "user/store/store.h"

struct finding {
	struct spam_sources *to;
	int64_t now;
};

static struct spam_found *found_of(struct spam_sources *s, const struct nolist_source *src)
{
	if (s->n && !addr_compare(&s->found[s->n - 1].src.addr, &src->addr))
		return &s->found[s->n - 1];
	if (array_grow(&s->found, s->n, sizeof(*s->found)))
		return NULL;
	s->found[s->n] = (struct spam_found){ .src = *src };
	return &s->found[s->n++];
}

static int add(const struct store_spam *row, void *arg)
{
	struct finding *w = arg;
	struct nolist_source src = pack_source(&row->key);
	int64_t from = w->now - STORED_HOURS * (int64_t)HOUR_S;
	struct spam_found *f;

	if (row->day < from / DAY_S || row->day > w->now / DAY_S)
		return 0;
	f = found_of(w->to, &src);
	if (!f)
		return -ENOMEM;
	f->spam += __builtin_popcount(row->spam);
	f->ham += __builtin_popcount(row->ham);
	if (row->spam)
		f->last = row->day * DAY_S + (31 - __builtin_clz(row->spam)) * (int64_t)HOUR_S;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct spam_found *x = a, *y = b;

	return addr_compare(&x->src.addr, &y->src.addr);
}

int spam_find(struct spam_sources *s, const char *state_dir, int64_t now)
{
	struct finding w = { .to = s, .now = now };
	struct store *store;
	int error;

	*s = (struct spam_sources){};
	if (!state_dir)
		return 0;
	error = store_open(&store, state_dir, STORE_READ);
	if (error)
		return error == -ENOENT ? 0 : error;
	error = store_each_spam(store, add, &w);
	store_close(store);
	if (s->n)
		qsort(s->found, s->n, sizeof(*s->found), compare);
	return error;
}

const struct spam_found *spam_of(const struct spam_sources *s, const struct nolist_source *src)
{
	struct spam_found key = { .src = *src };

	return s->n ? bsearch(&key, s->found, s->n, sizeof(key), compare) : NULL;
}

void spam_free(struct spam_sources *s)
{
	free(s->found);
	*s = (struct spam_sources){};
}

unsigned int spam_weight(const struct spam_found *f, unsigned int offences)
{
	if (!f || f->ham)
		return 0;
	return f->spam < offences ? f->spam : offences;
}
