// SPDX-License-Identifier: GPL-2.0-only
/*
 * origin: which autonomous systems and countries listed sources come from, beside those that
 * deliver mail here.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/base/json.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/judging.h"
#include "user/cmd/origin_age.h"
#include "user/origin/origin.h"
#include "user/report/precision.h"

#define SOME 1024

enum { OPT_FILE = 256, OPT_BY, OPT_MIN, OPT_JSON };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "file", OPT_FILE, "FILE", "instead of the configuration's \"origin\"" },
	{ "by", OPT_BY, "KEY", "count by as or country (as)" },
	{ "min", OPT_MIN, "N", "only rows with at least N listed or verified sources (1)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

struct job {
	const char *name;
	enum origin_by by;
	long min;
	bool is_json;
	struct cmd_judging j;
	struct origin_file *file;
	struct origin_count count;
	/* Sources that wait for their origin. */
	struct nolist_source src[SOME];
	struct { bool is_listed, is_verified, is_accepted; } is[SOME];
	size_t n;
};

/* --- counting ------------------------------------------------------------------------------- */

static bool is_accepted(const struct record *r)
{
	unsigned int i;

	for (i = 0; i < r->open_hours; i++)
		if (r->open_hour[i].roles & 1u << RECORD_ACCEPTED)
			return true;
	return false;
}

static int count_some(struct job *j)
{
	static struct origin o[SOME];
	size_t i;
	int error = origin_find(j->file, j->src, j->n, o);

	for (i = 0; i < j->n && !error; i++) {
		struct origin_key key = origin_key_of(&o[i], j->by);

		error = origin_count_add(&j->count, &key, j->is[i].is_listed, j->is[i].is_verified,
					 j->is[i].is_accepted);
	}
	j->n = 0;
	return error;
}

static int count_one(struct job *j, const struct judged *of)
{
	bool is_listed = verdict_is_listed(&of->v, false), is_verified = of->r.data.first;

	if (!is_listed && !is_verified)
		return 0;
	j->src[j->n] = of->r.src;
	j->is[j->n].is_listed = is_listed;
	j->is[j->n].is_verified = is_verified;
	j->is[j->n].is_accepted = is_accepted(&of->r);
	return ++j->n == SOME ? count_some(j) : 0;
}

static int count(struct job *j)
{
	struct judge *judge = &j->j.judge;
	struct judged of;
	int error = 0;

	judge_start(judge, EVIDENCE_VERIFIED);
	while (!error && judge_next(judge, &of))
		error = count_one(j, &of);
	if (!error)
		error = judge_end(judge);
	if (!error)
		error = count_some(j);
	if (!error)
		origin_count_sum(&j->count);
	return error;
}

/* --- printing ------------------------------------------------------------------------------- */

static bool is_shown(const struct job *j, const struct origin_row *r)
{
	return (long)r->listed + r->verified >= j->min;
}

/* Sources of nobody in particular say nothing together. */
static bool is_known(const struct origin_row *r)
{
	return r->key.as || *r->key.country;
}

static struct precision share_of(const struct origin_row *r)
{
	return precision_of(r->listed, (size_t)r->listed + r->verified);
}

static void print_row(const struct origin_row *r)
{
	struct precision p = share_of(r);
	char text[ORIGIN_KEY];

	printf("%-12s %8" PRIu32 " %8" PRIu32 " %8" PRIu32 "  ", origin_key_text(&r->key, text), r->listed,
	       r->verified, r->accepted);
	if (is_known(r))
		printf("%.0f %% (%.0f to %.0f)\n", 100 * p.is, 100 * p.low, 100 * p.high);
	else
		printf("-\n");
}

static void print_text(const struct job *j)
{
	size_t i;

	printf("%-12s %8s %8s %8s  %s\n", j->by == ORIGIN_AS ? "AS" : "COUNTRY", "LISTED", "VERIFIED",
	       "ACCEPTED", "SHARE LISTED (95 %)");
	for (i = 0; i < j->count.rows; i++)
		if (is_shown(j, &j->count.row[i]))
			print_row(&j->count.row[i]);
}

static void json_row(struct writer *o, const struct job *j, const struct origin_row *r)
{
	struct precision p = share_of(r);
	char text[ORIGIN_KEY];

	json_open(o, NULL, '{');
	json_text_or_none(o, j->by == ORIGIN_AS ? "as" : "country",
			  is_known(r) ? origin_key_text(&r->key, text) : "");
	json_number(o, "listed", r->listed);
	json_number(o, "verified", r->verified);
	json_number(o, "accepted", r->accepted);
	if (is_known(r)) {
		json_open(o, "share", '{');
		json_real_number(o, "is", p.is);
		json_real_number(o, "low", p.low);
		json_real_number(o, "high", p.high);
		json_close(o, '}');
	} else {
		json_none(o, "share");
	}
	json_close(o, '}');
}

static int print_json(const struct job *j)
{
	static struct writer o;
	size_t i;

	writer_open(&o, writer_stdout, NULL);
	json_open(&o, NULL, '{');
	json_begin(&o, "origin");
	json_number(&o, "time", j->j.judge.now);
	json_number(&o, "file_time", origin_made(j->file));
	json_open(&o, "rows", '[');
	for (i = 0; i < j->count.rows; i++)
		if (is_shown(j, &j->count.row[i]))
			json_row(&o, j, &j->count.row[i]);
	json_close(&o, ']');
	json_close(&o, '}');
	put_char(&o, '\n');
	return writer_flush(&o) ? fail(o.error, "cannot write all of the output") : 0;
}

/* Where single addresses come from. */
static int print_addresses(struct job *j, int n, char **text)
{
	char key[ORIGIN_KEY], network[ADDR_TEXT];
	struct nolist_addr addr;
	struct nolist_source src;
	struct origin o;
	int i, error;

	for (i = 0; i < n; i++) {
		if (addr_parse(text[i], &addr))
			return fail_usage("'%s' is not an address", text[i]);
		src = addr_source(&addr);
		error = origin_find(j->file, &src, 1, &o);
		if (error)
			return error;
		printf("%s %s %s %s %s\n", text[i],
		       o.as ? origin_key_text(&(struct origin_key){ .as = o.as }, key) : "-",
		       *o.country ? o.country : "-", o.network.len ? prefix_text(&o.network, network) : "-",
		       *o.owner ? o.owner : "-");
	}
	return 0;
}

/* --- the command ---------------------------------------------------------------------------- */

static int count_and_print(struct job *j)
{
	int status = cmd_judging_open(&j->j), error;

	if (status)
		return status;
	error = count(j);
	if (!error && j->is_json)
		error = print_json(j);
	else if (!error)
		print_text(j);
	return error ? cmd_failed(error) : cmd_judging_status(&j->j, EXIT_DONE);
}

static int run(struct job *j, int n, char **addresses)
{
	int status = cmd_judging_conf(&j->j), error;
	const char *name = j->name ? j->name : j->j.conf.origin ? j->j.conf.origin : ORIGIN_DATABASE;

	if (status)
		return status;
	error = origin_open(&j->file, name);
	if (error)
		return cmd_failed(error);
	if (n) {
		error = print_addresses(j, n, addresses);
		status = error ? cmd_failed(error) : EXIT_DONE;
	} else {
		status = count_and_print(j);
	}
	if (status == EXIT_DONE || status == EXIT_WARNED)
		status = cmd_origin_age(j->file, name) ? EXIT_WARNED : status;
	return status;
}

static int take(struct job *j, int c, const char *value)
{
	char *end;

	switch (c) {
	case 'c':
		j->j.file = value;
		break;
	case OPT_FILE:
		j->name = value;
		break;
	case OPT_JSON:
		j->is_json = true;
		break;
	case OPT_MIN:
		j->min = strtol(value, &end, 10);
		if (*value && !*end && j->min > 0)
			break;
		errx("--min: '%s' is not a number from 1 on", value);
		return EXIT_USAGE;
	case OPT_BY:
		j->by = *value == 'c' ? ORIGIN_COUNTRY : ORIGIN_AS;
		if (!strcmp(value, "country") || !strcmp(value, "as"))
			break;
		errx("--by: '%s' is neither 'as' nor 'country'", value);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int cmd_origin(int argc, char **argv)
{
	static struct job j = { .min = 1 };
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0)
		status = take(&j, c, optarg);
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	status = run(&j, argc - optind, argv + optind);
	cmd_judging_close(&j.j);
	origin_close(j.file);
	origin_count_free(&j.count);
	return status;
}
