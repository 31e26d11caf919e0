// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits of each operator, and the judge's note of what it has counted of them: a line each.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/share/note.h"
#include "user/share/operators.h"

#define NOTE "share.operators"
#define DAYS_MAX 35 /* evidence is no older */

/* --- limits ------------------------------------------------------------------------- */

size_t operator_limit(const struct operator *o, const struct rules *rules, int64_t now)
{
	size_t day = o->base / 100 * rules->growth + o->base % 100 * rules->growth / 100;
	int64_t days = (now - o->base_at) / DAY_S;

	if (day < rules->growth_min)
		day = rules->growth_min;
	days = days < 1 ? 1 : days > DAYS_MAX ? DAYS_MAX : days;
	return o->base + day * days;
}

static bool is_more(size_t n, size_t min, unsigned int percent, size_t of)
{
	return n > min && n * 100 > percent * of;
}

void operator_settle(struct operator *o, const struct operator_limits *l)
{
	size_t limit;

	/* What it has at first is nobody's growth: whoever adds it to the file knows of it. */
	if (!o->base_at || o->base_at > l->now) {
		o->base = o->seen;
		o->base_at = l->now;
	}
	limit = operator_limit(o, l->rules, l->now);
	o->is_growing = o->seen > limit;
	o->is_doubted = l->leave_out && is_more(o->acquitted, ACQUITTED_MIN, ACQUITTED_PERCENT, o->seen);
	o->is_heavy = l->weight && is_more(o->decisive, DECISIVE_MIN, l->weight, l->listed);
	if (l->now - o->base_at < DAY_S)
		return;
	o->base = o->is_growing ? limit : o->seen;
	o->base_at = l->now;
}

double operator_precision(const struct operator *o)
{
	return o->seen ? 100.0 * (o->seen - o->acquitted - o->freed) / o->seen : 0;
}

const char *operator_reason(const struct operator *o)
{
	if (o->is_growing)
		return "held: more than may be added in a day";
	if (o->is_heavy)
		return "held: decisive for too much of the list";
	return o->is_doubted ? "held: others acquit too many" : "";
}

/* --- the note ------------------------------------------------------------------------ */

static int take_line(char *line, unsigned int number, void *arg)
{
	struct nodes *nodes = arg;
	struct operator was = {};
	char name[NODE_NAME_MAX + 2];
	int is_growing, is_doubted, is_heavy = 0;
	size_t i;

	(void)number;
	/* One of the version before has three less. */
	if (sscanf(line, "%65s %zu %zu %zu %zu %" SCNd64 " %d %d %zu %zu %d", name, &was.seen, &was.listed,
		   &was.acquitted, &was.base, &was.base_at, &is_growing, &is_doubted, &was.freed, &was.decisive,
		   &is_heavy) < 8)
		return -EINVAL;
	was.is_growing = is_growing;
	was.is_doubted = is_doubted;
	was.is_heavy = is_heavy;
	for (i = 0; i < nodes->operators; i++)
		if (!strcmp(nodes->operator[i].name, name)) {
			memcpy(was.name, name, sizeof(was.name));
			nodes->operator[i] = was;
		}
	return 0;
}

int operators_read(struct nodes *nodes, const char *state_dir)
{
	return note_read(state_dir, NOTE, take_line, nodes);
}

static void put_operator(struct writer *w, const struct operator *o)
{
	const int64_t n[] = { o->seen, o->listed, o->acquitted, o->base, o->base_at, o->is_growing,
			      o->is_doubted, o->freed, o->decisive, o->is_heavy };
	size_t i;

	put_text(w, o->name);
	for (i = 0; i < sizeof(n) / sizeof(*n); i++) {
		put_char(w, ' ');
		put_number(w, n[i]);
	}
	put_char(w, '\n');
}

static void put_operators(struct writer *w, const void *arg)
{
	const struct nodes *nodes = arg;
	size_t i;

	for (i = 0; i < nodes->operators; i++)
		put_operator(w, &nodes->operator[i]);
}

int operators_write(const struct nodes *nodes, const char *state_dir, int64_t now)
{
	return note_write(state_dir, NOTE, now, put_operators, nodes);
}
