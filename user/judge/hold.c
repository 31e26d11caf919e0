// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the hold of a source from the checks of its verdict.
 */
#include <stdio.h>

#include "user/judge/hold.h"

const char *const hold_names[HOLDS] = {
	[HOLD_GAPS] = "gaps",     [HOLD_FLOOD] = "flood",         [HOLD_LEARNING] = "learning",
	[HOLD_UNSEEN] = "unseen", [HOLD_UNHEALTHY] = "unhealthy", [HOLD_GROWTH] = "growth",
};

const char *const hold_reasons[HOLDS] = {
	[HOLD_GAPS] = "verified evidence was lost near their offences",
	[HOLD_FLOOD] = "a flood may have hidden contacts that excuse their offences",
	[HOLD_LEARNING] = "it is too soon after the first load, or after a change of MX addresses",
	[HOLD_UNSEEN] = "no sender is seen at the real MX",
	[HOLD_UNHEALTHY] = "the real MX was or is unhealthy",
	[HOLD_GROWTH] = "the list has grown enough for a day",
};

const char *learning_text(int64_t until, const struct rules *rules, char text[LEARNING_TEXT])
{
	char when[TEXT_TIME], grace[DURATION_TEXT];

	snprintf(text, LEARNING_TEXT,
		 "learning until %s: no source is added to a list before then; a listing then needs %u "
		 "offences in distinct hours, and a grace of %s", text_time(until, when),
		 rules->offences, duration_text(rules->grace_s, grace));
	return text;
}

static bool has_failed(const struct verdict *v, enum check check)
{
	return v->check[check].is_asked && !v->check[check].is_passed;
}

/* Was the grace extended by learning, at least in part? */
static bool is_learning(const struct verdict *v, const struct site *site)
{
	int64_t from = v->since - v->paused - v->check[CHECK_GRACE].need;
	size_t i;

	for (i = 0; i < site->learnings; i++)
		if (site->learning[i].first <= v->since && site->learning[i].last >= from)
			return true;
	return has_failed(v, CHECK_LEARNING);
}

enum hold hold_of(const struct verdict *v, const struct site *site, int64_t now)
{
	/* Without the pauses the grace would be over. */
	if (v->is == JUDGED_WAITING && v->paused && now >= v->since - v->paused)
		return is_learning(v, site) ? HOLD_LEARNING : HOLD_UNHEALTHY;
	if (v->is != JUDGED_HELD)
		return HOLD_NONE;
	if (has_failed(v, CHECK_GAPS))
		return HOLD_GAPS;
	if (has_failed(v, CHECK_FLOOD))
		return HOLD_FLOOD;
	if (has_failed(v, CHECK_LEARNING))
		return HOLD_LEARNING;
	return HOLD_UNSEEN;
}
