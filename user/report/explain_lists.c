// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lists that the configuration names, as they are now: is the source on them?
 */
#include <errno.h>
#include <stdlib.h>

#include "user/report/explain.h"
#include "user/lists/growth.h"
#include "user/base/atomic_file.h"
#include "user/lists/previous.h"

/* Did the last dump hold any source back for growth? */
static bool is_limited(const struct explain *e, const char *file)
{
	struct growth g;

	return !growth_read(&g, e->j->state_dir, file, e->j->now) && g.is_known &&
	       g.was.held[HOLD_GROWTH];
}

static void read_list(const struct explain *e, struct explain_list *l, const struct format *format,
		      struct previous *old)
{
	struct atomic_file f;

	if (atomic_file_open(&f, l->file))
		return;
	if (f.old >= 0) {
		l->is_read = true;
		previous_open(old, f.old, format, NULL, NULL);
		l->is_on = previous_has(old, &e->of.r.src);
		previous_close(old);
	}
	atomic_file_close(&f);
	l->is_waiting = l->is_read && !l->is_on && verdict_is_listed(&e->of.v, false) &&
			is_limited(e, l->file);
}

int explain_lists(struct explain *e)
{
	const struct conf *c = e->j->conf;
	struct previous *old;
	int i;

	/* --at: how the lists were then is not known. */
	if (e->j->is_replay || !c->lists)
		return 0;
	old = malloc(sizeof(*old));
	e->list = calloc(c->lists, sizeof(*e->list));
	if (!old || !e->list) {
		free(old);
		return -ENOMEM;
	}
	for (i = 0; i < c->lists; i++) {
		const struct format *format = format_find(c->list[i].argv[0]);
		struct explain_list *l = &e->list[e->lists];

		/* A list of rules has no sources. */
		if (!format || !format->row)
			continue;
		l->file = c->list[i].argv[1];
		l->format = format->name;
		read_list(e, l, format, old);
		e->lists++;
	}
	free(old);
	return 0;
}
