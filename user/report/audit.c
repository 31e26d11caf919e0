// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the list with the log of a real MX that did not use it. Each delivery is judged
 * as of before it, since the delivery itself is an alibi.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/base/json.h"
#include "user/maillog/deliveries.h"
#include "user/record/pack.h"
#include "user/report/audit.h"
#include "user/report/judging.h"

#define Z 1.959963984540054 /* of a two-sided interval of 95 % */

struct summary {
	struct audit log;
	size_t accepted, refused; /* sources: with mail accepted; only refused */
	size_t listed;            /* at the end of the log, or when they delivered */
	size_t listed_accepted, listed_refused, unlisted_refused;
	double precision, low, high;
};

/* --- judging -------------------------------------------------------------------- */

static int open_as_of(struct judge *j, const struct audit_options *o, int64_t time)
{
	struct judge_options jo = { .conf = o->conf, .state_dir = o->state_dir, .at = time };

	return judging_open(j, &jo, o->pin_dir);
}

/* Counts the listed at the end; drops deliveries of sources that never talked to a high fake. */
static int judge_end_of_log(struct summary *s, const struct audit_options *o)
{
	struct audit_source *in_log;
	struct judged of;
	struct judge j;
	size_t i, n = 0;
	int error = open_as_of(&j, o, s->log.last);

	if (!error) {
		judge_start(&j, EVIDENCE_VERIFIED);
		while (judge_next(&j, &of)) {
			if (!verdict_is_listed(&of.v, false))
				continue;
			s->listed++;
			in_log = audit_find(&s->log, &of.r.src);
			if (in_log)
				in_log->is_listed = true;
		}
		error = judge_end(&j);
	}
	for (i = 0; i < s->log.deliveries && !error; i++) {
		const struct audit_delivery *d = &s->log.delivery[i];

		if (judge_find(&j, &d->source->src, &of) && of.r.talk_hours)
			s->log.delivery[n++] = *d;
		error = judge_end(&j);
	}
	s->log.deliveries = n;
	judge_close(&j);
	return error;
}

/* The deliveries are in the order of the times as of which they are judged. */
static int judge_deliveries(struct summary *s, const struct audit_options *o)
{
	struct judge j = {};
	struct judged of;
	int64_t as_of = -1;
	int error = 0;
	size_t i;

	for (i = 0; i < s->log.deliveries && !error; i++) {
		const struct audit_delivery *d = &s->log.delivery[i];

		if (d->as_of != as_of) {
			judge_close(&j);
			as_of = d->as_of;
			error = open_as_of(&j, o, as_of);
		}
		if (error || d->source->false_at)
			continue;
		judge_find(&j, &d->source->src, &of);
		error = judge_end(&j);
		if (verdict_is_listed(&of.v, false)) {
			d->source->false_at = d->at;
			d->source->since = of.v.since;
		}
	}
	judge_close(&j);
	return error;
}

/* Wilson's score interval: usable even if all or none of a few are right. */
static void count_precision(struct summary *s)
{
	double n = s->listed, p = n ? (n - s->listed_accepted) / n : 0;
	double middle = p + Z * Z / (2 * n), half = Z * sqrt((p * (1 - p) + Z * Z / (4 * n)) / n);

	if (!s->listed)
		return;
	s->precision = p;
	s->low = (middle - half) / (1 + Z * Z / n);
	s->high = (middle + half) / (1 + Z * Z / n);
}

static void count(struct summary *s)
{
	size_t i;

	for (i = 0; i < s->log.sources; i++) {
		const struct audit_source *src = s->log.source[i];
		bool is_refused = !src->accepted && src->rejected;

		s->accepted += !!src->accepted;
		s->refused += is_refused;
		s->listed += src->false_at && !src->is_listed;
		s->listed_accepted += !!src->false_at;
		s->listed_refused += is_refused && src->is_listed;
		s->unlisted_refused += is_refused && !src->is_listed;
	}
	count_precision(s);
}

/* --- output ---------------------------------------------------------------------- */

static void say(const struct summary *s)
{
	char first[TEXT_TIME], last[TEXT_TIME], text[ADDR_TEXT];
	struct prefix p;
	size_t i;

	printf("log: %zu lines, %zu of them of mail, from %s to %s\n", s->log.lines, s->log.known,
	       text_time(s->log.first, first), text_time(s->log.last, last));
	printf("%8zu sources delivered mail that was accepted\n", s->accepted);
	printf("%8zu sources were only refused\n\n", s->refused);
	printf("%8zu sources are listed\n", s->listed);
	printf("%8zu of them delivered mail that was accepted while they were: false listings\n",
	       s->listed_accepted);
	printf("%8zu of them were only refused\n", s->listed_refused);
	printf("%8zu sources that were only refused are not listed\n", s->unlisted_refused);
	if (s->listed)
		printf("\nprecision %.4f, with 95 %% confidence between %.4f and %.4f\n",
		       s->precision, s->low, s->high);
	else
		printf("\nno precision: no source is listed\n");
	for (i = 0; i < s->log.sources; i++) {
		const struct audit_source *src = s->log.source[i];

		if (!src->false_at)
			continue;
		p = source_prefix(&src->src);
		printf("false listing: %s, listed since %s, delivered at %s\n",
		       prefix_text(&p, text), text_time(src->since, first),
		       text_time(src->false_at, last));
	}
}

static void json_false(struct writer *o, const struct audit_source *src)
{
	char text[ADDR_TEXT];
	struct prefix p = source_prefix(&src->src);

	json_open(o, NULL, '{');
	json_text(o, "source", prefix_text(&p, text));
	json_number(o, "since", src->since);
	json_number(o, "delivered_at", src->false_at);
	json_number(o, "accepted", src->accepted);
	json_close(o, '}');
}

static void json_summary(struct writer *o, const struct summary *s)
{
	size_t i;

	json_open(o, NULL, '{');
	json_begin(o, "audit");
	json_number(o, "lines", s->log.lines);
	json_number(o, "known", s->log.known);
	json_number(o, "first", s->log.first);
	json_number(o, "last", s->log.last);
	json_number(o, "accepted", s->accepted);
	json_number(o, "refused", s->refused);
	json_number(o, "listed", s->listed);
	json_number(o, "listed_accepted", s->listed_accepted);
	json_number(o, "listed_refused", s->listed_refused);
	json_number(o, "unlisted_refused", s->unlisted_refused);
	if (s->listed) {
		json_open(o, "precision", '{');
		json_real_number(o, "value", s->precision);
		json_real_number(o, "low", s->low);
		json_real_number(o, "high", s->high);
		json_close(o, '}');
	} else {
		json_none(o, "precision");
	}
	json_open(o, "false_listings", '[');
	for (i = 0; i < s->log.sources; i++)
		if (s->log.source[i]->false_at)
			json_false(o, s->log.source[i]);
	json_close(o, ']');
	json_open(o, "left_out", '{');
	json_number(o, "odd", s->log.odd);
	json_number(o, "outside", s->log.outside);
	json_number(o, "too_many", s->log.too_many);
	json_number(o, "forgotten", s->log.forgotten);
	json_close(o, '}');
	json_close(o, '}');
	put_char(o, '\n');
}

static int say_json(const struct summary *s)
{
	struct writer *o = malloc(sizeof(*o));
	int error = o ? 0 : -ENOMEM;

	if (o) {
		writer_open(o, writer_stdout, NULL);
		json_summary(o, s);
		error = writer_flush(o);
	}
	free(o);
	return error ? fail(error, "cannot write all of the output") : 0;
}

static void warn_left_out(const struct audit *a)
{
	if (a->odd)
		warn("%zu lines are left out: two addresses may be the client's", a->odd);
	if (a->outside)
		warn("%zu lines are left out: in the future, or older than 35 days", a->outside);
	if (a->too_many)
		warn("%zu lines are left out: too many sources", a->too_many);
	if (a->forgotten)
		warn("%zu messages are left out: delivered too late, or never", a->forgotten);
}

/* --- all of it -------------------------------------------------------------------- */

static int read_log(struct audit *a, FILE *log, const char *name)
{
	int error;

	a->from = a->now - STORED_HOURS * (int64_t)HOUR_S;
	error = audit_read(a, log);
	audit_sort(a);
	if (error)
		return fail(error, "cannot read '%s'", name);
	if (a->first)
		return 0;
	failx(-ENODATA, "'%s' has no line of a real MX's mail of the last 35 days", name);
	return fail_hint("postfix' log in syslog's form, or exim's main log; what is packed comes "
			 "by zcat, and the journal by \"journalctl -o short-iso\", to "
			 "\"audit -\"");
}

int audit(const struct audit_options *o, FILE *log, const char *name)
{
	struct summary s = { .log.now = o->at ? o->at : time(NULL) };
	int error = read_log(&s.log, log, name);

	if (!error)
		error = judge_end_of_log(&s, o);
	if (!error)
		error = judge_deliveries(&s, o);
	if (!error) {
		warn_left_out(&s.log);
		count(&s);
		if (o->is_json)
			error = say_json(&s);
		else
			say(&s);
	}
	audit_free(&s.log);
	return error;
}
