// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a log needs to answer "why was this source refused, and since when": the source,
 * the list, the evidence, and the end of the listing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lists/changelog.h"
#include "user/base/log.h"

static void log_listed(const struct list *l, struct judge *j, const struct nolist_source *src)
{
	char source[ADDR_TEXT], until[TEXT_TIME];
	struct prefix p = source_prefix(src);
	struct judged of;

	judge_find(j, src, &of);
	info("'%s': listed %s: tempfailed and left without QUIT in %u hours, %u of them verified "
	     "by timestamp; %u hours with dialogues, %u SYNs to high, %u to low, %u to real; "
	     "until %s",
	     l->file, prefix_text(&p, source), of.v.strong + of.v.weak, of.v.strong,
	     of.r.talk_hours, of.r.high.opens, of.r.low.opens, of.r.real.opens,
	     text_time(of.v.until, until));
}

static void log_removed(const struct list *l, struct judge *j, const struct nolist_source *src)
{
	char source[ADDR_TEXT], until[TEXT_TIME];
	struct prefix p = source_prefix(src);
	struct judged of;

	prefix_text(&p, source);
	if (!judge_find(j, src, &of))
		info("'%s': removed %s: unknown, no evidence is left", l->file, source);
	else if (of.v.is == JUDGED_PARDONED)
		info("'%s': removed %s: pardoned until %s", l->file, source,
		     text_time(of.pardoned_until, until));
	else if (of.v.is == JUDGED_EXPIRED)
		info("'%s': removed %s: expired at %s", l->file, source,
		     text_time(of.v.until, until));
	else
		info("'%s': removed %s: %s", l->file, source, judgement_names[of.v.is]);
}

void changelog_write(const struct list *l, struct judge *j, size_t max)
{
	size_t i, news = l->admission.news - l->admission.waits;

	for (i = 0; i < news && i < max; i++)
		log_listed(l, j, &l->admission.new[i].src);
	if (i < news)
		info("'%s': listed %zu more", l->file, news - i);
	for (i = 0; i < l->gones && i < max; i++)
		log_removed(l, j, &l->gone[i]);
	if (i < l->removed)
		info("'%s': removed %zu more", l->file, l->removed - i);
}
