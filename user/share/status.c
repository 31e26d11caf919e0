// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints which node has pushed when, and how much, and the age of the judge's list.
 */
#include <errno.h>
#include <stdio.h>

#include "user/base/failure.h"
#include "user/base/text.h"
#include "user/share/published.h"
#include "user/share/status.h"

static void print_node(const struct report *r, int64_t now)
{
	const struct share_head *h = &r->head;
	char pushed[TEXT_TIME], age[TEXT_AGE], stored[TEXT_AGE];
	bool has_head = h->made;

	printf("%-20s %-16s %-20s %8s %8s %9llu %11llu  %s%s\n", r->node->name,
	       *r->node->operator == '=' ? "-" : r->node->operator,
	       has_head ? text_time(h->made, pushed) : "-",
	       has_head ? text_age(now - h->made, age) : "-",
	       has_head ? text_age(now - h->until, stored) : "-", (unsigned long long)r->rows,
	       (unsigned long long)r->bytes, node_reasons[r->state],
	       r->state == NODE_USED && now - h->made > SILENT_S ? ", but silent" : "");
}

static int print_list(struct transport *t, int64_t now)
{
	char made[TEXT_TIME], expires[TEXT_TIME];
	struct published p;
	int error = published_get(&p, t, NULL, now);

	if (!error)
		printf("\nlist: %zu entries, of %s, until %s\n", p.rows, text_time(p.time, made),
		       text_time(p.expires, expires));
	else if (error == -ENODATA || error == -EBADMSG || error == -ESTALE || error == -EPROTO)
		printf("\nlist: %s\n", failure_of(error)->what);
	else
		return error;
	published_free(&p);
	return 0;
}

int share_status(const struct harvest *h, struct transport *t, int64_t now)
{
	char where[TRANSPORT_TEXT];
	size_t i;
	int error;

	printf("%-20s %-16s %-20s %8s %8s %9s %11s  %s\n", "NODE", "OPERATOR", "PUSHED", "AGO",
	       "STORED", "SOURCES", "BYTES", "STATE");
	for (i = 0; i < h->reports; i++)
		print_node(&h->report[i], now);
	error = print_list(t, now);
	transport_describe(t, where);
	if (!error)
		printf("%s\n", where);
	if (fflush(stdout) && !error)
		error = fail(-errno, "cannot write the table");
	return error;
}
