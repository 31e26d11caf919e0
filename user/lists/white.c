// SPDX-License-Identifier: GPL-2.0-only
/*
 * A white list passes tests that would have found a bot, so each doubt keeps a source from it.
 */
#include <stdio.h>

#include "user/lists/white.h"

/*
 * Two walks are what frees a listing, too: at least a quarter of an hour apart. That a sender was at a
 * high fake and left without QUIT may be excused, but is no reason to trust it; nor is one in any other
 * state, be it on a list by a hold, pardoned or a test.
 */
bool white_is(const struct judged *of, const struct rules *rules, int64_t now)
{
	const struct twice *walk = &of->r.walk;

	return of->v.is == JUDGED_NONE && of->hold == HOLD_NONE && walk->prev && walk->last <= now &&
	       now - walk->last <= (int64_t)rules->data_window_s;
}

struct format_words white_words(struct white_words *w, const struct format_words *of)
{
	struct format_words words = *of;

	snprintf(w->zone, sizeof(w->zone), "white.%s", of->zone);
	snprintf(w->name, sizeof(w->name), "%s_white", of->name);
	words.zone = w->zone;
	words.name = w->name;
	words.reason = "$ comes to the mail exchangers in their order";
	return words;
}
