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

void operator_settle(struct operator *o, const struct rules *rules, int64_t now)
{
	size_t limit;

	/* What it has at first is nobody's growth: whoever adds it to the file knows of it. */
	if (!o->base_at || o->base_at > now) {
		o->base = o->seen;
		o->base_at = now;
	}
	limit = operator_limit(o, rules, now);
	o->is_growing = o->seen > limit;
	o->is_doubted = o->acquitted > ACQUITTED_MIN && o->acquitted * 100 > ACQUITTED_PERCENT * o->seen;
	if (now - o->base_at < DAY_S)
		return;
	o->base = o->is_growing ? limit : o->seen;
	o->base_at = now;
}

const char *operator_reason(const struct operator *o)
{
	if (o->is_growing)
		return "held: more than may be added in a day";
	return o->is_doubted ? "held: others acquit too many" : "";
}

/* --- the note ------------------------------------------------------------------------ */

static int take_line(char *line, unsigned int number, void *arg)
{
	struct nodes *nodes = arg;
	struct operator was = {};
	char name[NODE_NAME_MAX + 2];
	int is_growing, is_doubted;
	size_t i;

	(void)number;
	if (sscanf(line, "%65s %zu %zu %zu %zu %" SCNd64 " %d %d", name, &was.seen, &was.listed, &was.acquitted,
		   &was.base, &was.base_at, &is_growing, &is_doubted) != 8)
		return -EINVAL;
	was.is_growing = is_growing;
	was.is_doubted = is_doubted;
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
	const int64_t n[] = { o->seen, o->listed, o->acquitted, o->base, o->base_at, o->is_growing, o->is_doubted };
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
