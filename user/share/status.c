// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints which node has pushed when, and how much, and the age of the judge's list; and all that one
 * node says of itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/text.h"
#include "user/share/operators.h"
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

static void print_operator(const struct operator *o, const struct rules *rules, int64_t now)
{
	printf("%-20s %9zu %9zu %9zu %9zu", o->name + (*o->name == '='), o->seen, o->listed, o->acquitted, o->freed);
	if (o->seen)
		printf(" %8.2f%%", operator_precision(o));
	else
		printf(" %9s", "-");
	printf(" %9zu %9zu  %s\n", o->decisive, operator_limit(o, rules, now),
	       *operator_reason(o) ? operator_reason(o) : "counts");
}

/* As the last judgement here has counted it. */
static void print_operators(const struct nodes *nodes, const struct rules *rules, int64_t now)
{
	size_t i;

	for (i = 0; i < nodes->operators && !nodes->operator[i].base_at; i++)
		;
	if (i == nodes->operators)
		return;
	printf("\n%-20s %9s %9s %9s %9s %9s %9s %9s  %s\n", "OPERATOR", "OFFENDING", "LISTED", "ACQUITTED", "FREED",
	       "PRECISION", "DECISIVE", "AT MOST", "STATE");
	for (i = 0; i < nodes->operators; i++)
		if (nodes->operator[i].base_at)
			print_operator(&nodes->operator[i], rules, now);
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
	if (harvest_is_weighed(h))
		print_operators(h->nodes, &h->j->rules, now);
	error = print_list(t, now);
	transport_describe(t, where);
	if (!error)
		printf("%s\n", where);
	if (fflush(stdout) && !error)
		error = fail(-errno, "cannot write the table");
	return error;
}

static void print_time(const char *what, int64_t time, int64_t now)
{
	char text[TEXT_TIME], age[TEXT_AGE];

	printf("%-20s %s, %s ago\n", what, text_time(time, text), text_age(now - time, age));
}

static void print_family(const char *what, const struct site_family *f)
{
	char real[TEXT_TIME], data[TEXT_TIME];

	const bool has[] = { f->has_low, f->has_real, f->has_high };
	char roles[16] = "";
	int i;

	for (i = 0; i < 3; i++)
		if (has[i])
			sprintf(roles + strlen(roles), "%s%s", *roles ? " " : "", conf_role_name(NOLIST_LOW + i));
	printf("%-20s %s; contacts at the real MX until %s, data until %s\n", what, *roles ? roles : "no address",
	       f->real_last ? text_time(f->real_last, real) : "-",
	       f->data_last ? text_time(f->data_last, data) : "-");
}

static void print_head(const struct share_head *h, const struct report *r, int64_t now)
{
	size_t i;

	print_time("pushed:", h->made, now);
	print_time("collected:", h->until, now);
	printf("%-20s %016llx\n", "store:", (unsigned long long)h->incarnation);
	for (i = 0; i < h->earliers; i++)
		print_time("an earlier store:", h->earlier[i].made, now);
	printf("%-20s %llu in %zu blobs of %llu bytes\n", "sources:", (unsigned long long)r->rows, h->blobs,
	       (unsigned long long)r->bytes);
	print_family("IPv4:", &h->site.family[0]);
	print_family("IPv6:", &h->site.family[1]);
	printf("%-20s %zu\n", "gaps:", h->site.losts);
	for (i = 0; i < h->sets; i++)
		printf("%-20s %s\n", "provider:", h->set[i].name);
}

int share_status_node(const struct report *r, int64_t now)
{
	printf("%-20s %s\n", "node:", r->node->name);
	if (*r->node->operator)
		printf("%-20s %s\n", "operator:", *r->node->operator == '=' ? "-" : r->node->operator);
	printf("%-20s %s\n", "state:", node_reasons[r->state]);
	printf("%-20s %s\n", "signature:", r->node->has_key ? "must be by its key" : "is not asked for");
	if (r->head.made)
		print_head(&r->head, r, now);
	return fflush(stdout) ? fail(-errno, "cannot write the node") : 0;
}
