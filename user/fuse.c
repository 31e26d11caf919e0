// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which fuse it is: told from the checks of a verdict.
 */
#include "fuse.h"

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

enum fuse fuse_of(const struct verdict *v, const struct site *site, int64_t now)
{
	/* Without the time that did not count, the grace would be over. */
	if (v->is == JUDGED_WAITING && v->paused && now >= v->since - v->paused)
		return site_learning_until(site, now) ? FUSE_LEARNING : FUSE_UNHEALTHY;
	if (v->is != JUDGED_HELD)
		return FUSE_NONE;
	if (has_failed(v, CHECK_LOSSES))
		return FUSE_LOSSES;
	if (has_failed(v, CHECK_LEARNING))
		return FUSE_LEARNING;
	return FUSE_UNSEEN;
}
