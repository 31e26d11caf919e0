// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers all that is known of one source; explain_text.c and explain_json.c print it.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/report/explain.h"

int explain_gather(struct explain *e, struct judge *j, const struct nolist_addr *addr)
{
	struct nolist_source src = addr_source(addr);
	int error;

	*e = (struct explain){ .j = j, .addr = *addr };
	e->is_known = judge_find(j, &src, &e->of);
	error = judge_end(j);
	if (error)
		return error;
	e->never = prefix_set_find(j->never, &e->of.r.src);
	e->allow = prefix_set_find(j->allow, &e->of.r.src);
	e->pardon = prefix_set_find(j->pardon, &e->of.r.src);
	e->of.origin = NULL;
	if (j->origin) {
		error = origin_find(j->origin, &src, 1, &e->origin);
		if (error)
			return error;
		e->of.origin = &e->origin;
	}
	error = explain_lists(e);
	if (!error)
		error = explain_history(e);
	return error ? fail(error, "cannot hold the evidence") : 0;
}

void explain_free(struct explain *e)
{
	free(e->event);
	free(e->list);
}
