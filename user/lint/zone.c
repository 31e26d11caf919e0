// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers what the DNS says of a domain's mail.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lint/zone.h"

static int by_preference(const void *a, const void *b)
{
	const struct zone_mx *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int take_mxes(struct zone *z)
{
	const struct dns_answer *a = &z->asked.answer;
	int i;

	z->mx = calloc(a->records + 1, sizeof(*z->mx));
	if (!z->mx)
		return -ENOMEM;
	for (i = 0; i < a->records; i++)
		if (!dns_mx(&a->record[i], &z->mx[z->mxs].preference, z->mx[z->mxs].name))
			z->mxs++;
	qsort(z->mx, z->mxs, sizeof(*z->mx), by_preference);
	z->mxs_all = z->mxs;
	if (z->mxs > ZONE_MXES)
		z->mxs = ZONE_MXES;
	return 0;
}

int zone_look(struct zone *z, struct dns *d, const char *name)
{
	*z = (struct zone){};
	snprintf(z->name, sizeof(z->name), "%s", name);
	dns_allow(d, ZONE_QUESTIONS, ZONE_MS);
	dns_set(&z->asked, DNS_MX, "%s", name);
	dns_ask(d, &z->asked, 1);
	return take_mxes(z);
}

void zone_free(struct zone *z)
{
	dns_free(&z->asked, 1);
	free(z->mx);
	z->mx = NULL;
	z->mxs = 0;
}
