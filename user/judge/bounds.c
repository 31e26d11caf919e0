// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges a source where it is known only from when to when the real MX was seen last: it is judged at
 * both ends. A verdict needs little of that time: whether the real MX was seen lately.
 */
#include <errno.h>
#include <string.h>

#include "user/judge/judge.h"

/* The same judgement, but for how long ago the real MX was seen? */
static bool is_same(const struct judged *a, const struct judged *b)
{
	struct verdict x = a->v, y = b->v;

	x.check[CHECK_REAL_MX].have = y.check[CHECK_REAL_MX].have;
	return !memcmp(&x, &y, sizeof(x)) && a->hold == b->hold;
}

/* Judges it as if the real MX had been seen then: 0, -EAGAIN: another judgement; or -errno. */
static int try_end(struct judge *j, const struct judged *of, int64_t real_last, int64_t data_last)
{
	int f = !addr_is_ip4(&of->r.src.addr);
	struct site_family was = j->site.family[f];
	struct nolist_source src = of->r.src;
	struct judged other;

	j->site.family[f].real_last = real_last;
	j->site.family[f].data_last = data_last;
	judge_find(j, &src, &other);
	j->site.family[f] = was;
	return j->error ? j->error : is_same(of, &other) ? 0 : -EAGAIN;
}

int judge_is_certain(struct judge *j, const struct nolist_source *src)
{
	int error, f = !addr_is_ip4(&src->addr);
	const struct site_family *family = &j->site.family[f];
	struct judged of;

	if (!family->is_or_later || !family->has_real)
		return 0;
	/* If it was seen lately by what is known, it was so at any time between the ends. */
	if (!site_seen(&j->site, f) ||
	    (!site_is_seen(&j->site, &j->rules, f, j->now) && !j->site.is_unseen_accepted))
		return -EAGAIN;
	judge_find(j, src, &of);
	error = j->error;
	if (!error)
		error = try_end(j, &of, j->now, family->data_last ? j->now : 0);
	if (!error && !family->data_last)
		error = try_end(j, &of, j->now, j->now);
	return error;
}
