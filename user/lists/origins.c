// SPDX-License-Identifier: GPL-2.0-only
/*
 * The selected sources say which ones come next. Where they are not stored, since they are too many,
 * each is asked for alone. What cannot be found out is empty: a list is not kept back for it.
 */
#include <stdlib.h>

#include "user/lists/origins.h"

void origins_start(struct origins *o, struct origin_file *file, const struct selected *selected)
{
	*o = (struct origins){ .file = file, .selected = selected };
	if (file)
		o->some = malloc(sizeof(*o->some));
}

static void fill(struct origins *o)
{
	struct judged of;

	for (o->n = 0; o->n < ORIGINS && selected_get(o->selected, o->next, &of); o->next++)
		o->some->src[o->n++] = of.r.src;
	if (origin_find(o->file, o->some->src, o->n, o->some->of))
		o->n = 0;
	o->at = 0;
}

const struct origin *origins_next(struct origins *o, const struct nolist_source *src)
{
	if (!o->some)
		return NULL;
	if (o->at == o->n && !o->selected->is_off)
		fill(o);
	if (o->at < o->n && !addr_compare(&o->some->src[o->at].addr, &src->addr))
		return &o->some->of[o->at++];
	return origin_find(o->file, src, 1, &o->one) ? NULL : &o->one;
}

void origins_end(struct origins *o)
{
	free(o->some);
	o->some = NULL;
}
