/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dump --white: senders that need no test, for what would else test or delay them. Only those that have
 * walked, twice, with data on established connections to the real MX, and of which nothing bad is known.
 */
#ifndef NOLIST_WHITE_H
#define NOLIST_WHITE_H

#include "user/judge/judge.h"
#include "user/lists/format.h"

#define WHITE_ANSWER 4 /* of its DNS list, 127.0.0.4: one that no reader of a block list takes for a listing */

/* Is it one? Whoever has an offence is none, excused or not. */
bool white_is(const struct judged *of, const struct rules *rules, int64_t now);
/* Words of such a list, from those of the block lists, which must outlive them. */
#define WHITE_WORD 300
struct white_words {
	char zone[WHITE_WORD], name[WHITE_WORD];
};
struct format_words white_words(struct white_words *w, const struct format_words *of);

#endif
