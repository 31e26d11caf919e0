// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources as a table for people (its columns may change), or as JSON for scripts.
 * To sort, only an address and a key of each source are held, and only of about as many
 * as are shown: so even a full table needs little memory. The newest ones are noted by the store, and
 * are shown without a walk over all, unless it must be counted how many are left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/lists/json_judged.h"
#include "user/origin/origin.h"
#include "user/report/show.h"

struct item {
	int64_t key;
	struct nolist_source src;
};

/* --- keys: what to sort by --------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The earlier one; 0 means never and does not count. */
static int64_t earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static int64_t last_of(const struct judged *of)
{
	const struct record *r = &of->r;

	return later(later(r->low.when.last, r->real.when.last),
		     later(r->high.when.last, later(r->data.last, r->talk.last)));
}

static int64_t first_of(const struct judged *of)
{
	const struct record *r = &of->r;

	return earlier(earlier(r->low.when.first, r->real.when.first),
		       earlier(r->high.when.first, earlier(r->data.first, r->talk.first)));
}

static int64_t low_of(const struct judged *of)
{
	return of->r.low.opens;
}

static int64_t real_of(const struct judged *of)
{
	return of->r.real.opens;
}

static int64_t high_of(const struct judged *of)
{
	return of->r.high.opens;
}

static int64_t data_of(const struct judged *of)
{
	return of->r.data_count;
}

static int64_t talk_of(const struct judged *of)
{
	return of->r.talk_hours;
}

static int64_t verdict_key(const struct judged *of)
{
	return of->v.is;
}

static int64_t source_of(const struct judged *of)
{
	(void)of; /* equal keys are in the order of addresses */
	return 0;
}

/* Greatest first. */
static const struct sort_key {
	const char *name;
	int64_t (*of)(const struct judged *of);
} sort_keys[] = {
	{ "last", last_of }, { "first", first_of },   { "low", low_of },
	{ "real", real_of }, { "high", high_of },     { "data", data_of },
	{ "talk", talk_of }, { "verdict", verdict_key }, { "source", source_of },
	{}
};

static const struct sort_key *find_key(const char *name)
{
	const struct sort_key *k;

	for (k = sort_keys; k->name && strcmp(k->name, name); k++)
		;
	return k->name ? k : NULL;
}

const char *show_key(unsigned int i)
{
	return sort_keys[i].name;
}

int64_t show_key_of(unsigned int i, const struct judged *of)
{
	return sort_keys[i].of(of);
}

bool show_has_key(const char *name)
{
	return find_key(name);
}

/* --- choosing ---------------------------------------------------------------- */

#define ORIGINS 1024
#define SHOW_NEWEST 999 /* and one more the store notes */

struct show {
	struct judge *j;
	int role; /* enum nolist_role; 0: all */
	bool is_lost; /* only those */
	bool wants_count; /* of those that are left out */
	const struct sort_key *key;
	long top;          /* 0: all */
	struct item *item; /* while choosing up to twice as many as top */
	size_t items, capacity, left_out;
	bool is_uncounted; /* there are more, it is not known how many */
	struct origin *origin; /* of up to ORIGINS items, from this one on */
	size_t origin_from, origins;
	bool is_sorted; /* the first top items are sorted: one that sorts after them is left out */
};

bool show_is_at(const struct judged *of, int role)
{
	switch (role) {
	case NOLIST_LOW:
		return of->r.low.when.first;
	case NOLIST_REAL:
		return of->r.real.when.first || of->r.data.first;
	case NOLIST_HIGH:
		return of->r.high.when.first || of->r.talk.first;
	default:
		return true;
	}
}

bool show_is_lost(const struct record *r)
{
	return r->low.when.first && r->low.when.first / HOUR_S != r->low.when.last / HOUR_S &&
	       !r->real.when.first && !r->data.first && !r->high.when.first && !r->talk.first;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	return addr_compare(&x->src.addr, &y->src.addr);
}

static void sort_items(struct show *s)
{
	if (s->items)
		qsort(s->item, s->items, sizeof(*s->item), compare_items);
	if (s->top && s->items > (size_t)s->top)
		s->items = s->top;
}

/* Adds an item. At twice as many as wanted it sorts and drops those beyond top. */
static int keep(struct show *s, const struct item *item)
{
	struct item *grown;

	s->left_out++;
	if (s->is_sorted && compare_items(item, &s->item[s->top - 1]) > 0)
		return 0;
	if (s->top && s->items >= 2 * (size_t)s->top) {
		sort_items(s);
		s->is_sorted = true;
	}
	if (s->items == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : 64;
		grown = reallocarray(s->item, s->capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->item = grown;
	}
	s->item[s->items++] = *item;
	return 0;
}

/* Judging is only needed here if the sources are sorted by verdict. */
static bool wants_verdict(const struct show *s)
{
	return s->key->of == verdict_key || s->j->given;
}

static bool next(struct show *s, struct judged *of)
{
	return wants_verdict(s) ? judge_next(s->j, of) : judge_next_record(s->j, &of->r);
}

/* The newest ones, if there are many more, are found without a walk: 0; -EAGAIN: that cannot be. */
static int choose_newest(struct show *s)
{
	struct evidence_newest *newest = reallocarray(NULL, s->top + 1, sizeof(*newest));
	struct judged of = {};
	int error;

	s->item = reallocarray(NULL, s->top, sizeof(*s->item));
	error = newest && s->item ? evidence_newest(s->j->evidence, newest, s->top + 1) : -ENOMEM;
	for (s->items = 0; !error && s->items < (size_t)s->top; s->items++) {
		const struct evidence_newest *n = &newest[s->items];
		struct item item = { n->last, pack_source(&n->key) };

		/* Their own records must say the same. */
		error = evidence_find(s->j->evidence, &item.src, &of.r) == 1 &&
					last_of(&of) == item.key ? 0 : -EAGAIN;
		s->item[s->items] = item;
	}
	free(newest);
	return error;
}

static bool wants_newest(const struct show *s)
{
	return s->key->of == last_of && s->top > 0 && s->top <= SHOW_NEWEST && !s->role &&
	       !s->is_lost && !s->wants_count && !s->j->given;
}

static int choose_all(struct show *s)
{
	struct judged of;
	int error = 0;

	if (wants_verdict(s))
		judge_start(s->j, EVIDENCE_ALL);
	else
		judge_start_records(s->j, EVIDENCE_ALL);
	while (!error && next(s, &of))
		if (show_is_at(&of, s->role) && (!s->is_lost || show_is_lost(&of.r)))
			error = keep(s, &(struct item){ s->key->of(&of), of.r.src });
	if (error)
		return fail(error, "cannot sort the sources");
	error = judge_end(s->j);
	if (error)
		return error;
	sort_items(s);
	s->left_out -= s->items;
	return 0;
}

static int choose(struct show *s)
{
	int error = wants_newest(s) ? choose_newest(s) : -EAGAIN;

	s->is_uncounted = !error;
	if (error != -EAGAIN)
		return error ? fail(error, "cannot find the newest sources") : 0;
	free(s->item);
	s->item = NULL;
	s->items = 0;
	return choose_all(s);
}

/* --- where they come from ------------------------------------------------------ */

/* NULL: unknown, or it is not shown. */
static const struct origin *origin_of(struct show *s, size_t i)
{
	static struct nolist_source src[ORIGINS];
	size_t n;

	if (!s->origin)
		return NULL;
	if (i >= s->origin_from && i < s->origin_from + s->origins)
		return &s->origin[i - s->origin_from];
	for (n = 0; n < ORIGINS && i + n < s->items; n++)
		src[n] = s->item[i + n].src;
	s->origin_from = i;
	s->origins = origin_find(s->j->origin, src, n, s->origin) ? 0 : n;
	return s->origins ? s->origin : NULL;
}

/* --- as a table -------------------------------------------------------------- */

enum { COL_SOURCE, COL_LOW, COL_LOW_AGO, COL_REAL, COL_REAL_AGO, COL_HIGH, COL_HIGH_AGO, COL_DATA,
       COL_DATA_AGO, COL_TALK, COL_TALK_AGO, COL_AS, COL_COUNTRY, COL_VERDICT, COLS };

#define CELL ADDR_TEXT

static const char head[COLS][CELL] = { "SOURCE", "LOW",  "AGO", "REAL", "AGO", "HIGH",
				       "AGO",    "DATA", "AGO", "TALK", "AGO", "AS", "CC", "VERDICT" };

static const char legend[] =
	"LOW, REAL, HIGH: connections opened to the low fake, the real MX and the high fakes; DATA: "
	"those to the\nreal MX that carried data; TALK: hours with dialogues at the high fakes; AGO: "
	"since the last of each\n";

static void pair(char cell[][CELL], const struct span *when, uint32_t count, int64_t now)
{
	char age[TEXT_AGE];

	strcpy(cell[0], "-");
	strcpy(cell[1], "-");
	if (!when->first)
		return;
	snprintf(cell[0], CELL, "%" PRIu32, count);
	snprintf(cell[1], CELL, "%s", text_age(now - when->last, age));
}

/* The judgement, and until when it is pardoned. */
static void verdict_cell(const struct judged *of, char cell[CELL])
{
	const char *name = judgement_names[of->v.is];
	char until[TEXT_TIME];

	if (!of->pardoned_until)
		snprintf(cell, CELL, "%s", name);
	else
		snprintf(cell, CELL, "%s%suntil %s", name,
			 of->v.is == JUDGED_PARDONED ? " " : ", pardoned ",
			 text_time(of->pardoned_until, until));
}

static void origin_cells(const struct origin *o, char cell[][CELL])
{
	strcpy(cell[0], "-");
	if (o && o->as)
		snprintf(cell[0], CELL, "%" PRIu32, o->as);
	snprintf(cell[1], CELL, "%s", o && *o->country ? o->country : "-");
}

static void fill_cells(struct show *s, size_t i, char cell[COLS][CELL])
{
	struct prefix p;
	struct judged of;

	judge_find(s->j, &s->item[i].src, &of);
	origin_cells(origin_of(s, i), &cell[COL_AS]);
	p = source_prefix(&of.r.src);
	prefix_text(&p, cell[COL_SOURCE]);
	pair(&cell[COL_LOW], &of.r.low.when, of.r.low.opens, s->j->now);
	pair(&cell[COL_REAL], &of.r.real.when, of.r.real.opens, s->j->now);
	pair(&cell[COL_HIGH], &of.r.high.when, of.r.high.opens, s->j->now);
	pair(&cell[COL_DATA], &of.r.data, of.r.data_count, s->j->now);
	pair(&cell[COL_TALK], &of.r.talk, of.r.talk_hours, s->j->now);
	verdict_cell(&of, cell[COL_VERDICT]);
}

/* Columns of the width 0 are left out. */
static void print_cells(const char cell[COLS][CELL], const int width[COLS])
{
	int c;

	for (c = 0; c < COLS; c++) {
		if (!width[c])
			continue;
		bool is_left = c == COL_SOURCE || c == COL_VERDICT;

		printf("%s%*s", c ? " " : "", is_left ? -width[c] * (c < COL_VERDICT) : width[c],
		       cell[c]);
	}
	putchar('\n');
}

static void print_table(struct show *s)
{
	char cell[COLS][CELL];
	int c, width[COLS];
	size_t i;

	for (c = 0; c < COLS; c++)
		width[c] = s->origin || (c != COL_AS && c != COL_COUNTRY) ? strlen(head[c]) : 0;
	for (i = 0; i < s->items; i++) {
		fill_cells(s, i, cell);
		for (c = 0; c < COLS; c++)
			if (width[c] && (int)strlen(cell[c]) > width[c])
				width[c] = strlen(cell[c]);
	}
	print_cells(head, width);
	for (i = 0; i < s->items && !ferror(stdout); i++) {
		fill_cells(s, i, cell);
		print_cells(cell, width);
	}
	if (isatty(STDOUT_FILENO))
		printf("%s", legend);
	if (s->left_out)
		printf("%zu more; --top 0 shows all\n", s->left_out);
	if (s->is_uncounted)
		printf("there are more; --top 0 shows all\n");
}

/* --- as JSON ----------------------------------------------------------------- */

static int print_json(struct show *s)
{
	struct writer *o = malloc(sizeof(*o));
	struct judged of;
	int error;
	size_t i;

	if (!o)
		return fail(-ENOMEM, "cannot write JSON");
	writer_open(o, writer_stdout, NULL);
	json_stream(o, NULL, '{');
	json_begin(o, "show");
	json_number(o, "time", s->j->now);
	json_number(o, "left_out", s->left_out);
	if (site_learning_until(&s->j->site, s->j->now))
		json_number(o, "learning_until", site_learning_until(&s->j->site, s->j->now));
	else
		json_none(o, "learning_until");
	json_stream(o, "sources", '[');
	for (i = 0; i < s->items; i++) {
		judge_find(s->j, &s->item[i].src, &of);
		of.origin = origin_of(s, i);
		json_open(o, NULL, '{');
		json_judged(o, &of);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	error = writer_flush(o);
	free(o);
	return error ? fail(error, "cannot write all of the output") : 0;
}

int show(struct judge *j, const struct show_options *o)
{
	struct show s = { .j = j, .role = o->role, .is_lost = o->is_lost, .top = o->top,
			  .wants_count = o->is_json,
			  .key = o->sort ? find_key(o->sort) : sort_keys };
	int error = choose(&s);

	if (!error && j->origin && !(s.origin = calloc(ORIGINS, sizeof(*s.origin))))
		error = fail(-ENOMEM, "cannot look up where sources come from");
	if (!error && o->is_json)
		error = print_json(&s);
	else if (!error)
		print_table(&s);
	free(s.item);
	free(s.origin);
	return error ? error : judge_end(j);
}
