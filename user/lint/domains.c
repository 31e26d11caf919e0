// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a domain one of those that the configuration has mail for? At any other a high fake says
 * 450, and what it sees there is no evidence.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/confined/lines.h"
#include "user/lint/lint.h"

#define LABELS_BELOW 2 /* that an element for names below has more */

static int add(struct domain_set *set, const char *text)
{
	struct lines_bad bad = {};
	struct domain d;
	size_t size;
	char *lines;
	int error;

	if (!strchr(text, '/'))
		return domain_parse(text, &d) ? 0 : domain_set_add(set, &d);
	error = lines_read(text, LINES_FILE_MAX, &lines, &size);
	if (!error)
		error = confined_domains(set, lines, size, &bad);
	free(lines);
	return error;
}

static bool has(const struct domain_set *set, const char *name)
{
	const struct domain *d = domain_set_find(set, name);
	const char *above = name;
	int i;

	if (d && (d->is_never || d->is_itself))
		return !d->is_never;
	for (i = 0; i < LABELS_BELOW && (above = strchr(above, '.')); i++) {
		d = domain_set_find(set, ++above);
		if (d && d->is_below)
			return true;
	}
	return false;
}

int lint_domains(struct domain_set *set, const struct conf *conf)
{
	int i, error = 0;

	*set = (struct domain_set){};
	for (i = 0; i < conf->domains && !error; i++)
		error = add(set, conf->domain[i]);
	domain_set_sort(set);
	return error;
}

void look_domains(struct lint *l)
{
	if (!l->domains) {
		lint_say(l, GRADE_NOTE, l->zone.name, "a file of 'domains' cannot be read here: whether "
			 "this domain is in it is not known");
	} else if (l->conf->domains && !has(l->domains, l->zone.name)) {
		lint_say(l, GRADE_WARNING, l->zone.name, "the configuration has 'domains', and not this "
			 "one: a high fake says 450 to its recipients, and no bot there is ever listed");
		find_hint(&l->found, "domains = { %.150s }", l->zone.name);
	}
}
