// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which fuse it is: told from the checks of a verdict.
 */
#include "user/judge/hold.h"

const char *const fuse_names[FUSES] = {
	[FUSE_LOSSES] = "losses",
	[FUSE_LEARNING] = "learning",
	[FUSE_UNSEEN] = "unseen",
	[FUSE_UNHEALTHY] = "unhealthy",
	[FUSE_GROWTH] = "growth",
};

const char *const fuse_reasons[FUSES] = {
	[FUSE_LOSSES] = "verified evidence was lost near what they did",
	[FUSE_LEARNING] = "it was learning time, or is",
	[FUSE_UNSEEN] = "nobody is seen at the real MX",
	[FUSE_UNHEALTHY] = "the real MX was unhealthy, or is",
	[FUSE_GROWTH] = "the list has grown enough for a day",
};

static bool has_failed(const struct verdict *v, enum check check)
{
	return v->check[check].is_asked && !v->check[check].is_passed;
}

/* Did any of a grace that was stretched pass in a learning time? */
static bool is_learnt(const struct verdict *v, const struct site *site)
{
	int64_t from = v->since - v->paused - v->check[CHECK_GRACE].need;
	size_t i;

	for (i = 0; i < site->learnings; i++)
		if (site->learning[i].first <= v->since && site->learning[i].last >= from)
			return true;
	return has_failed(v, CHECK_LEARNING);
}

enum fuse fuse_of(const struct verdict *v, const struct site *site, int64_t now)
{
	/* Without the time that did not count, the grace would be over. */
	if (v->is == JUDGED_WAITING && v->paused && now >= v->since - v->paused)
		return is_learnt(v, site) ? FUSE_LEARNING : FUSE_UNHEALTHY;
	if (v->is != JUDGED_HELD)
		return FUSE_NONE;
	if (has_failed(v, CHECK_LOSSES))
		return FUSE_LOSSES;
	if (has_failed(v, CHECK_LEARNING))
		return FUSE_LEARNING;
	return FUSE_UNSEEN;
}
