// SPDX-License-Identifier: GPL-2.0-only
/*
 * The question is the format's (nft.c, ipset.c); the program that is asked is the first word
 * of the reload command, so that it is the one that would load the list. A command of another
 * name may reach another host or namespace, where nothing can be asked.
 */
#include <stdlib.h>
#include <string.h>

#include "user/lists/reader.h"

#define WORDS 12

static bool first_of(const struct list *l, int family, struct nolist_source *first)
{
	size_t i = family ? l->head.family[0] : 0;
	struct judged *of = calloc(1, sizeof(*of));
	bool is_there;

	is_there = of && l->head.family[family] && !l->selected.is_off &&
		   selected_get(&l->selected, i, of);
	if (is_there)
		*first = of->r.src;
	free(of);
	return is_there;
}

void reader_of(struct reader *r, const struct list *l)
{
	int family;

	*r = (struct reader){ .format = l->format, .words = &l->words, .reload.argv = l->reload };
	for (family = 0; family < 2; family++)
		r->has[family] = first_of(l, family, &r->first[family]);
}

static bool has_family(const struct reader *r, int family)
{
	const struct format_head head = { .words = r->words };
	struct reload question = r->reload;
	char text[FORMAT_ASK], *argv[WORDS], *rest;
	int n = 0, value;

	r->format->ask(text, &head, family, r->has[family] ? &r->first[family] : NULL);
	argv[n++] = r->reload.argv[0];
	argv[n] = strtok_r(text, " ", &rest);
	while (argv[n] && n < WORDS - 1)
		argv[++n] = strtok_r(NULL, " ", &rest);
	argv[n] = NULL;
	question.argv = argv;
	question.is_silent = true;
	return reload_run(&question, &value) != RELOAD_STATUS;
}

bool reader_can_be_asked(const struct reader *r)
{
	const char *slash = strrchr(r->reload.argv[0], '/');

	return r->format->ask &&
	       !strcmp(slash ? slash + 1 : r->reload.argv[0], r->format->name);
}

bool reader_has_lost(const struct reader *r)
{
	return reader_can_be_asked(r) && (!has_family(r, 0) || !has_family(r, 1));
}
