// SPDX-License-Identifier: GPL-2.0-only
/*
 * audit: a noun. Holds the list against the log of a real MX that did not use it:
 * whose mail was accepted while he would have been refused, and who was refused
 * and is not listed. Each delivery is judged as of the hour before it, since it is
 * an alibi itself.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/maillog/deliveries.h"
#include "user/cmd/cmd.h"
#include "user/judge/judge.h"
#include "user/base/log.h"
#include "user/lists/format.h"
#include "user/record/pack.h"
#include "user/base/text.h"

#define Z 1.959963984540054 /* of a two-sided interval of 95 % */

struct summary {
	struct audit log;
	size_t accepted, refused; /* sources: with mail accepted; only refused */
	size_t listed;            /* at the end of the log, or when they delivered */
	size_t listed_accepted, listed_refused, unlisted_refused;
	double precision, low, high;
};

/* --- judging -------------------------------------------------------------------- */

static int open_as_of(struct judge *j, const char *conf, int64_t time)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)time);
	return judge_open(j, &(struct judge_options){ .conf = conf, .at = text });
}

/* Who is listed at the end; deliveries of those that never were at a high fake go. */
static int judge_end_of_log(struct summary *s, const char *conf)
{
	struct audit_source *in_log;
	struct judged of;
	struct judge j;
	size_t i, n = 0;
	int status = open_as_of(&j, conf, s->log.last);

	if (!status) {
		judge_start(&j, EVIDENCE_PROVEN);
		while (judge_next(&j, &of)) {
			if (!verdict_is_listed(&of.v, false))
				continue;
			s->listed++;
			in_log = audit_find(&s->log, &of.r.src);
			if (in_log)
				in_log->is_listed = true;
		}
		status = judge_end(&j);
	}
	for (i = 0; i < s->log.deliveries && !status; i++) {
		const struct audit_delivery *d = &s->log.delivery[i];

		if (judge_find(&j, &d->source->src, &of) && of.r.talk_hours)
			s->log.delivery[n++] = *d;
		status = judge_end(&j);
	}
	s->log.deliveries = n;
	judge_close(&j);
	return status;
}

/* Deliveries are in the order of times as of which they are judged. */
static int judge_deliveries(struct summary *s, const char *conf)
{
	struct judge j = {};
	struct judged of;
	int64_t as_of = -1;
	int status = EXIT_DONE;
	size_t i;

	for (i = 0; i < s->log.deliveries && !status; i++) {
		const struct audit_delivery *d = &s->log.delivery[i];

		if (d->as_of != as_of) {
			judge_close(&j);
			as_of = d->as_of;
			status = open_as_of(&j, conf, as_of);
		}
		if (status || d->source->false_at)
			continue;
		judge_find(&j, &d->source->src, &of);
		status = judge_end(&j);
		if (verdict_is_listed(&of.v, false)) {
			d->source->false_at = d->at;
			d->source->since = of.v.since;
		}
	}
	judge_close(&j);
	return status;
}

/* Wilson's interval: also where all, or none, of few are right. */
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

/* --- what is said ---------------------------------------------------------------- */

static void say(const struct summary *s)
{
	char first[REPORT_TIME], last[REPORT_TIME], text[ADDR_TEXT];
	struct prefix p;
	size_t i;

	printf("log: %zu lines, %zu of them of mail, from %s to %s\n", s->log.lines, s->log.known,
	       report_time(s->log.first, first), report_time(s->log.last, last));
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
		printf("\nno precision: nobody is listed\n");
	for (i = 0; i < s->log.sources; i++) {
		const struct audit_source *src = s->log.source[i];

		if (!src->false_at)
			continue;
		p = source_prefix(&src->src);
		printf("false listing: %s, listed since %s, delivered at %s\n",
		       prefix_text(&p, text), report_time(src->since, first),
		       report_time(src->false_at, last));
	}
}

static void json_false(struct out *o, const struct audit_source *src)
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

static void json_summary(struct out *o, const struct summary *s)
{
	size_t i;

	json_open(o, NULL, '{');
	json_text(o, "type", "audit");
	json_number(o, "schema", JSON_SCHEMA);
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
	out_char(o, '\n');
}

static int say_json(const struct summary *s)
{
	struct out *o = malloc(sizeof(*o));
	int error = o ? 0 : -ENOMEM;

	if (o) {
		out_open(o, out_stdout, NULL);
		json_summary(o, s);
		error = out_flush(o);
	}
	free(o);
	if (error)
		err(error, "cannot write all of the output");
	return error ? EXIT_FAILED : EXIT_DONE;
}

static void tell_left_out(const struct audit *a)
{
	if (a->odd)
		warn("%zu lines are left out: two addresses may be the client's", a->odd);
	if (a->outside)
		warn("%zu lines are left out: of the future, or older than 35 days", a->outside);
	if (a->too_many)
		warn("%zu lines are left out: more sources than there is room for", a->too_many);
	if (a->forgotten)
		warn("%zu messages are left out: delivered too late, or never", a->forgotten);
}

/* --- the command line ------------------------------------------------------------ */

static int read_log(struct audit *a, const char *name)
{
	FILE *f = cmd_open(name);
	int error;

	if (!f)
		return EXIT_USAGE;
	a->from = a->now - KEPT_HOURS * 3600ll;
	error = audit_read(a, f);
	audit_sort(a);
	if (f != stdin)
		fclose(f);
	if (error) {
		err(error, "cannot read '%s'", name);
		return EXIT_FAILED;
	}
	if (a->first)
		return EXIT_DONE;
	errx("'%s' has no line of a real MX's mail of the last 35 days", name);
	hint("postfix' log in syslog's form, or exim's main log; what is packed comes by zcat, "
	     "and the journal by \"journalctl -o short-iso\", to \"audit -\"");
	return EXIT_FAILED;
}

static int run(const char *name, const char *conf, const char *at, bool is_json)
{
	struct summary s = { .log.now = time(NULL) };
	int status;

	if (at && report_time_parse(at, &s.log.now)) {
		errx("'%s' is not a time", at);
		hint("seconds since 1970, or 2026-01-02T03:04:05Z");
		return EXIT_USAGE;
	}
	status = read_log(&s.log, name);
	if (!status)
		status = judge_end_of_log(&s, conf);
	if (!status)
		status = judge_deliveries(&s, conf);
	if (!status) {
		tell_left_out(&s.log);
		count(&s);
		if (is_json)
			status = say_json(&s);
		else
			say(&s);
	}
	audit_free(&s.log);
	return status;
}

enum { OPT_JSON = 256, OPT_AT };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "at", OPT_AT, "TIME", "as if it were TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{ "json", OPT_JSON, NULL, "one JSON document" },
	{}
};

int cmd_audit(int argc, char **argv)
{
	const char *conf = NULL, *at = NULL;
	bool is_json = false;
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			conf = optarg;
		else if (c == OPT_AT)
			at = optarg;
		else
			is_json = true;
	}
	if (c < 0)
		return -1 - c;
	if (optind != argc - 1) {
		errx(optind == argc ? "which log?" : "one log at a time");
		return EXIT_USAGE;
	}
	return run(argv[optind], conf, at, is_json);
}
