// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text format of Prometheus, and OpenMetrics: heads of families, and samples.
 */
#include <string.h>

#include "user/report/metrics_private.h"

/*
 * Both formats say "name_total" for a counter's samples; only the text format says so in its
 * head as well (OpenMetrics 1.0, section "Counter").
 */
void metrics_head(struct metrics *m, const char *name, const char *type, const char *help)
{
	const char *total;

	m->family = name;
	m->is_counter = !strcmp(type, "counter");
	total = m->is_counter && !m->is_open ? "_total" : "";
	/* The text format has no type "info". */
	if (!m->is_open && !strcmp(type, "info")) {
		type = "gauge";
		total = "_info";
	}
	put_text(m->o, "# HELP nolist_");
	put_text(m->o, name);
	put_text(m->o, total);
	put_char(m->o, ' ');
	put_text(m->o, help);
	put_text(m->o, "\n# TYPE nolist_");
	put_text(m->o, name);
	put_text(m->o, total);
	put_char(m->o, ' ');
	put_text(m->o, type);
	put_char(m->o, '\n');
}

/* A label's value: what is no printable ASCII becomes '?'. */
static void value(struct writer *o, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			put_char(o, '\\');
		put_char(o, *text < ' ' || *text > '~' ? '?' : *text);
	}
}

void metrics_sample(struct metrics *m, const char *suffix, const struct label *l, int64_t number)
{
	const char *sep = "{";

	put_text(m->o, "nolist_");
	put_text(m->o, m->family);
	put_text(m->o, m->is_counter ? "_total" : suffix);
	for (; l->name; l++) {
		put_text(m->o, sep);
		put_text(m->o, l->name);
		put_text(m->o, "=\"");
		value(m->o, l->value);
		put_char(m->o, '"');
		sep = ",";
	}
	put_text(m->o, *sep == ',' ? "} " : " ");
	put_number(m->o, number);
	put_char(m->o, '\n');
}
