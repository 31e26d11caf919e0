// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the evidence: looks at all sources with verified evidence, compares each with what it
 * was at the last look, and prints what is new. A look takes long where there are many sources,
 * and is then the rarer. Sources without verified evidence are left out: anybody can forge as many
 * as they like. What is held of a source is as long as a row below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/lists/json_judged.h"
#include "user/report/follow.h"
#include "user/report/judging.h"
#include "user/report/show.h"

#define EVERY_NS 2000000000ull
#define SHARE 10 /* of its time, a tenth at most goes into looks */

enum standing { STANDS_OFF, STANDS_HELD, STANDS_LISTED };

/* A source at one look. Times are 0 where there was nothing. */
struct row {
	struct nolist_source src;
	int64_t at[RECORD_DATA + 1]; /* by enum record_role: the last SYN, walk, data */
	int64_t talk;
	enum standing stands;
	enum hold hold;
};

struct rows {
	struct row *row;
	size_t n;
};

struct following {
	const struct follow_options *o;
	struct writer out;
	struct rows before, now;
	size_t next; /* in before */
	bool is_first;
};

static struct row row_of(const struct judged *of)
{
	const struct record *r = &of->r;

	return (struct row){
		.src = r->src,
		.at = { [RECORD_LOW] = r->low.when.last, [RECORD_REAL] = r->real.when.last,
			[RECORD_HIGH] = r->high.when.last, [RECORD_WALK] = r->walk.last,
			[RECORD_DATA] = r->data.last },
		.talk = r->talk.last,
		.stands = of->hold < HOLDS		   ? STANDS_HELD :
			  verdict_is_listed(&of->v, false) ? STANDS_LISTED :
							     STANDS_OFF,
		.hold = of->hold,
	};
}

/* --- events ------------------------------------------------------------------------ */

static void begin(struct writer *o, const char *event, int64_t at, const struct nolist_source *src)
{
	json_stream(o, NULL, '{');
	json_word(o, "type", "event");
	json_number(o, "schema", JSON_SCHEMA);
	json_number(o, "time", at);
	json_word(o, "event", event);
	json_source(o, "source", src);
}

static void end(struct writer *o)
{
	json_close(o, '}');
	put_char(o, '\n');
}

static void say_contacts(struct writer *o, const struct row *was, const struct row *is)
{
	static const struct {
		enum record_role role;
		const char *event, *name;
	} all[] = {
		{ RECORD_LOW, "contact", "low" }, { RECORD_REAL, "contact", "real" },
		{ RECORD_HIGH, "contact", "high" }, { RECORD_DATA, "data", NULL },
		{ RECORD_WALK, "walk", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (is->at[all[i].role] <= was->at[all[i].role])
			continue;
		begin(o, all[i].event, is->at[all[i].role], &is->src);
		if (all[i].name)
			json_word(o, "role", all[i].name);
		end(o);
	}
}

static void say_dialogue(struct writer *o, const struct row *is, const struct judged *of)
{
	begin(o, "dialogue", is->talk, &is->src);
	json_number(o, "hours", of->r.talk_hours);
	json_word(o, "verdict", judgement_names[of->v.is]);
	end(o);
}

static void say_standing(struct writer *o, const struct row *is, const struct judged *of, int64_t now)
{
	static const char *const events[] = { "unlisted", "held", "listed" };

	begin(o, events[is->stands], now, &is->src);
	json_word(o, "verdict", judgement_names[of->v.is]);
	if (is->stands == STANDS_HELD)
		json_word(o, "hold", hold_names[is->hold]);
	if (is->stands != STANDS_OFF) {
		json_number(o, "since", of->v.since);
		json_number(o, "until", of->v.until);
		json_number(o, "tier", verdict_tier(&of->v));
		json_number(o, "strong", of->v.strong);
		json_number(o, "weak", of->v.weak);
	}
	end(o);
}

/* Its evidence is gone: it was forgotten, or is too old. */
static void say_gone(struct writer *o, const struct row *was, int64_t now)
{
	if (was->stands == STANDS_OFF)
		return;
	begin(o, "unlisted", now, &was->src);
	json_none(o, "verdict");
	end(o);
}

static void say(struct following *f, const struct row *was, const struct row *is,
		const struct judged *of, int64_t now)
{
	say_contacts(&f->out, was, is);
	if (is->talk > was->talk)
		say_dialogue(&f->out, is, of);
	if (is->stands != was->stands || (is->stands == STANDS_HELD && is->hold != was->hold))
		say_standing(&f->out, is, of, now);
}

/* --- a look ------------------------------------------------------------------------- */

/* The source at the last look; both walks are in the order of addresses. */
static struct row row_before(struct following *f, const struct nolist_source *src, int64_t now)
{
	struct row none = { .src = *src };
	int order;

	for (; f->next < f->before.n; f->next++) {
		order = addr_compare(&f->before.row[f->next].src.addr, &src->addr);
		if (!order)
			return f->before.row[f->next++];
		if (order > 0)
			break;
		say_gone(&f->out, &f->before.row[f->next], now);
	}
	return none;
}

static int take(struct following *f, const struct judged *of, int64_t now)
{
	struct row is = row_of(of), was;

	if (array_grow(&f->now.row, f->now.n, sizeof(*f->now.row)))
		return -ENOMEM;
	f->now.row[f->now.n++] = is;
	if (f->is_first)
		return 0;
	was = row_before(f, &is.src, now);
	say(f, &was, &is, of, now);
	return 0;
}

static int walk(struct following *f, struct judge *j)
{
	struct judged of;
	int error = 0;

	f->next = f->now.n = 0;
	judge_start(j, EVIDENCE_VERIFIED);
	while (!error && judge_next(j, &of))
		if (show_is_at(&of, f->o->role))
			error = take(f, &of, j->now);
	if (error)
		return fail(error, "cannot hold the sources");
	error = judge_end(j);
	for (; !error && !f->is_first && f->next < f->before.n; f->next++)
		say_gone(&f->out, &f->before.row[f->next], j->now);
	return error;
}

/* From here on the events are new ones. */
static void say_head(struct writer *o, const struct rows *now, int64_t at)
{
	json_open(o, NULL, '{');
	json_begin(o, "follow");
	json_number(o, "time", at);
	json_number(o, "sources", now->n);
	json_close(o, '}');
	put_char(o, '\n');
}

static int look(struct following *f)
{
	struct rows before = f->before;
	struct judge j;
	int error = judging_open(&j, f->o->judge, f->o->pin_dir);

	if (!error)
		error = walk(f, &j);
	if (!error && f->is_first)
		say_head(&f->out, &f->now, j.now);
	judge_close(&j);
	if (error)
		return error;
	f->before = f->now;
	f->now = (struct rows){};
	free(before.row);
	f->is_first = false;
	error = writer_flush(&f->out);
	return error ? fail(error, "cannot write all of the output") : 0;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void wait_after(uint64_t took_ns)
{
	uint64_t ns = took_ns * (SHARE - 1);
	struct timespec ts;

	if (ns < EVERY_NS)
		ns = EVERY_NS;
	ts.tv_sec = ns / 1000000000;
	ts.tv_nsec = ns % 1000000000;
	nanosleep(&ts, NULL);
}

int follow(const struct follow_options *o)
{
	struct following *f = calloc(1, sizeof(*f));
	uint64_t began;
	int error;

	if (!f)
		return fail(-ENOMEM, "cannot start");
	f->o = o;
	f->is_first = true;
	writer_open(&f->out, writer_stdout, NULL);
	do {
		began = now_ns();
		error = look(f);
		if (!error)
			wait_after(now_ns() - began);
	} while (!error);
	free(f->before.row);
	free(f->now.row);
	free(f);
	return error;
}
