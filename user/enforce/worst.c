// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of verified offences those count that no gap, flood or learning makes doubtful. Also those that an alibi
 * would excuse today: only listed sources are held, and a contact with the real MX, where they are held,
 * must not end it. What content filters found counts as well (spam.h).
 */
#include <errno.h>
#include <stdlib.h>

#include "user/enforce/spam.h"
#include "user/enforce/worst.h"

static int add(struct worst *w, const struct nolist_source *src)
{
	struct nolist_source *grown;

	if (w->n == w->capacity) {
		w->capacity = w->capacity ? 2 * w->capacity : 256;
		grown = reallocarray(w->src, w->capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		w->src = grown;
	}
	w->src[w->n++] = *src;
	return 0;
}

int worst_find(struct worst *w, struct judge *j, unsigned int from)
{
	struct spam_sources spam;
	struct judged of;
	unsigned int n;
	int end, error = spam_find(&spam, j->state_dir, j->now);

	if (!error) {
		judge_start(j, EVIDENCE_VERIFIED);
		while (!error && judge_next(j, &of)) {
			n = of.v.strong + of.v.weak + of.v.excused;
			if (n + spam_weight(spam_of(&spam, &of.r.src), n) >= from)
				error = add(w, &of.r.src);
		}
		end = judge_end(j);
		error = error ? error : end;
	}
	spam_free(&spam);
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct nolist_source *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

bool worst_has(const struct worst *w, const struct prefix *p)
{
	struct nolist_source src = addr_source(&p->addr);

	return w->n && p->len >= source_prefix(&src).len &&
	       bsearch(&src, w->src, w->n, sizeof(src), compare);
}

void worst_free(struct worst *w)
{
	free(w->src);
	*w = (struct worst){};
}
