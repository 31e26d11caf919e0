// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a log needs to answer "why was this source refused, and since when": the source,
 * the lists, the evidence, and the end of the listing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/log.h"
#include "user/lists/changelog.h"

#define FILES_TEXT 1024 /* bytes of the names of files in one line */

/* --- gathering ----------------------------------------------------------------- */

/* Without memory for all of them they are counted. */
static size_t add(struct changelog *c, const struct nolist_source *src, const struct list *l,
		  bool is_removed)
{
	if (array_grow(&c->entry, c->entries, sizeof(*c->entry)))
		return 1;
	c->entry[c->entries++] = (struct changelog_entry){ *src, is_removed, l->file, c->lists };
	return 0;
}

void changelog_add(struct changelog *c, const struct list *l, size_t max)
{
	size_t i, news = l->admission.news - l->admission.waits;
	struct changelog_more more = { .file = l->file };

	for (i = 0; i < news && i < max; i++)
		more.listed += add(c, &l->admission.new[i].src, l, false);
	more.listed += news - i;
	for (i = 0; i < l->gones && i < max; i++)
		more.removed += add(c, &l->gone[i], l, true);
	more.removed += l->removed - i;
	c->lists++;
	if ((more.listed || more.removed) && !array_grow(&c->more, c->mores, sizeof(more)))
		c->more[c->mores++] = more;
}

/* --- writing ------------------------------------------------------------------- */

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void log_listed(const char *files, const char *source, const struct judged *of)
{
	unsigned int hours = of->v.strong + of->v.weak;
	char until[TEXT_TIME];

	info("%s: listed %s: tempfailed and left without QUIT in %u hour%s, %u of them verified "
	     "by timestamp; %u hour%s with dialogues, %u SYN%s to high, %u to low, %u to real; "
	     "until %s",
	     files, source, hours, plural(hours), of->v.strong, of->r.talk_hours,
	     plural(of->r.talk_hours), of->r.high.opens, plural(of->r.high.opens),
	     of->r.low.opens, of->r.real.opens, text_time(of->v.until, until));
}

static void log_removed(const char *files, const char *source, const struct judged *of,
			bool is_known)
{
	char until[TEXT_TIME];

	if (!is_known)
		info("%s: removed %s: unknown, no evidence is left", files, source);
	else if (of->v.is == JUDGED_PARDONED)
		info("%s: removed %s: pardoned until %s", files, source,
		     text_time(of->pardoned_until, until));
	else if (of->v.freed_by == FREED_LIFTED)
		info("%s: removed %s: lifted at the look-up page, from its own address, at %s", files,
		     source, text_time(of->v.freed, until));
	else if (of->v.is == JUDGED_EXPIRED)
		info("%s: removed %s: expired at %s", files, source, text_time(of->v.until, until));
	else
		info("%s: removed %s: %s", files, source, judgement_names[of->v.is]);
}

/* By source, additions first; a source's lists in the order of the configuration. */
static int compare_entries(const void *a, const void *b)
{
	const struct changelog_entry *x = a, *y = b;
	int order;

	if (x->is_removed != y->is_removed)
		return x->is_removed - y->is_removed;
	order = addr_compare(&x->src.addr, &y->src.addr);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool is_same(const struct changelog_entry *a, const struct changelog_entry *b)
{
	return a->is_removed == b->is_removed && !addr_compare(&a->src.addr, &b->src.addr);
}

/* Logs the entries of one source; returns how many these are. */
static size_t write_source(const struct changelog_entry *entry, size_t n, struct judge *j)
{
	char files[FILES_TEXT], source[ADDR_TEXT];
	struct prefix p = source_prefix(&entry->src);
	struct judged of;
	bool is_known;
	size_t i, size = 0;

	for (i = 0; i < n && is_same(entry, &entry[i]); i++)
		if (size < sizeof(files))
			size += snprintf(files + size, sizeof(files) - size, "%s'%s'",
					 i ? ", " : "", entry[i].file);
	is_known = judge_find(j, &entry->src, &of);
	prefix_text(&p, source);
	if (entry->is_removed)
		log_removed(files, source, &of, is_known);
	else
		log_listed(files, source, &of);
	return i;
}

void changelog_write(struct changelog *c, struct judge *j)
{
	size_t i;

	if (c->entries)
		qsort(c->entry, c->entries, sizeof(*c->entry), compare_entries);
	for (i = 0; i < c->entries;)
		i += write_source(&c->entry[i], c->entries - i, j);
	for (i = 0; i < c->mores; i++) {
		if (c->more[i].listed)
			info("'%s': listed %zu more", c->more[i].file, c->more[i].listed);
		if (c->more[i].removed)
			info("'%s': removed %zu more", c->more[i].file, c->more[i].removed);
	}
	free(c->entry);
	free(c->more);
	*c = (struct changelog){};
}
