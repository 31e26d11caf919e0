// SPDX-License-Identifier: GPL-2.0-only
/*
 * The question is the format's (nft.c, ipset.c); the program that is asked is the first word
 * of the reload command, so that it is the one that would load the list. A command of another
 * name may reach another host or namespace, where nothing can be asked.
 */
#include <stdlib.h>
#include <string.h>

#include "user/lists/reader.h"
#include "user/lists/reload.h"

#define WORDS 12

/* The first source of a family on the list. */
static const struct nolist_source *first_of(const struct list *l, int family, struct judged *of)
{
	size_t i = family ? l->head.family[0] : 0;

	if (!l->head.family[family] || l->selected.is_off || !selected_get(&l->selected, i, of))
		return NULL;
	return &of->r.src;
}

static bool has_family(const struct list *l, int family, unsigned int limit_s)
{
	char text[FORMAT_ASK], *argv[WORDS], *rest;
	struct judged *of = calloc(1, sizeof(*of));
	int n = 0, value;

	if (!of)
		return true;
	l->format->ask(text, &l->head, family, first_of(l, family, of));
	free(of);
	argv[n++] = l->reload[0];
	argv[n] = strtok_r(text, " ", &rest);
	while (argv[n] && n < WORDS - 1)
		argv[++n] = strtok_r(NULL, " ", &rest);
	argv[n] = NULL;
	return reload_run(argv, limit_s, true, &value) != RELOAD_STATUS;
}

bool reader_has_lost(const struct list *l, unsigned int limit_s)
{
	const char *slash = strrchr(l->reload[0], '/');

	if (!l->format->ask || strcmp(slash ? slash + 1 : l->reload[0], l->format->name))
		return false;
	return !has_family(l, 0, limit_s) || !has_family(l, 1, limit_s);
}
