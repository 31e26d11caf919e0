// SPDX-License-Identifier: GPL-2.0-only
/*
 * test: shows whether the fakes and the real MX answer as they should, and whether that is
 * noted; for people, and by its status and first line for monitoring.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/duration.h"
#include "user/base/json.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/base/version.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/config/keys_tenant.h"
#include "user/judge/files.h"
#include "user/probe/probe.h"

enum { OPT_JSON = 256, OPT_FROM, OPT_VIA, OPT_TIMEOUT, OPT_DOMAIN };

#define TIMEOUT_MAX_S 60

static const struct cmd_option opts[] = {
	CONF_ARGS_FILE,
	{ "low", CONF_ARGS_LOW, "ADDR", "a low fake, instead of the file's addresses" },
	{ "real", CONF_ARGS_REAL, "ADDR", "a real MX, instead of the file's addresses" },
	{ "high", CONF_ARGS_HIGH, "ADDR", "a high fake, instead of the file's addresses" },
	{ "port", CONF_ARGS_PORT, "N", "a port of the fakes, instead of the file's (25)" },
	{ "from", OPT_FROM, "NETNS", "test from this network namespace: a name, or a path" },
	{ "via", OPT_VIA, "CMD", "test from another host, through a command such as \"ssh HOST\"" },
	{ "domain", OPT_DOMAIN, "NAME", "the recipient's domain (the first one of 'domains')" },
	{ "timeout", OPT_TIMEOUT, "TIME", "how long to wait for each reply (2s)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

struct test {
	struct conf_args args;
	bool has_addresses, has_ports, is_json;
	const char *from, *via, *domain;
	int timeout_s;
};

/* --- the command line ------------------------------------------------------------------ */

static int set_timeout(struct test *t, const char *text)
{
	int64_t s;

	if (duration_parse(text, &s) || s < 1 || s > TIMEOUT_MAX_S) {
		errx("--timeout: '%s' is not a time from 1s to %ds", text, TIMEOUT_MAX_S);
		return EXIT_USAGE;
	}
	t->timeout_s = s;
	return EXIT_DONE;
}

static int set_domain(struct test *t, const char *text)
{
	struct domain d;
	const char *why = domain_parse(text, &d);

	if (why || !d.is_itself) {
		errx("--domain: '%s' is not a domain: %s", text,
		     why ? why : "it is no name by itself");
		return EXIT_USAGE;
	}
	t->domain = text;
	return EXIT_DONE;
}

static int take(struct test *t, int c)
{
	t->has_addresses |= c == CONF_ARGS_LOW || c == CONF_ARGS_REAL || c == CONF_ARGS_HIGH;
	t->has_ports |= c == CONF_ARGS_PORT;
	if (conf_args_take(&t->args, c, optarg))
		return EXIT_DONE;
	if (c == OPT_FROM)
		t->from = optarg;
	else if (c == OPT_VIA)
		t->via = optarg;
	else if (c == OPT_DOMAIN)
		return set_domain(t, optarg);
	else if (c == OPT_TIMEOUT)
		return set_timeout(t, optarg);
	else
		t->is_json = true;
	return EXIT_DONE;
}

/* Addresses of the command line are tested alone; from here no file is needed for them. */
static int read_conf(struct test *t, struct conf *conf)
{
	struct conf_args file = { .file = t->args.file };
	int i, status = EXIT_DONE;

	if (t->has_addresses && !t->from && !t->via && !t->args.file)
		conf_init(conf);
	else
		status = conf_args_read(&file, conf);
	if (status)
		return status;
	/* They expect mail for other domains: "--high ADDR --domain NAME" tests one. */
	conf_drop_tenants_mx(conf);
	if (t->has_addresses)
		conf->mxs = 0;
	if (t->has_ports)
		conf->ports = 0;
	for (i = 0; i < t->args.adds; i++)
		conf_add(conf, t->args.add[i].key, t->args.add[i].value, t->args.add[i].where);
	return conf_check(conf) ? EXIT_USAGE : EXIT_DONE;
}

/*
 * A recipient of ours, since a high fake tells others 450, and notes no tempfail. What is wrong
 * with files of domains is for load and check to say.
 */
static int choose_domain(const struct test *t, struct conf *conf)
{
	static struct files files;
	struct domain_set set = {};
	char below[NOLIST_DOMAIN_MAX + 8] = "";
	const char *domain = t->domain;
	size_t i;
	int error = 0;

	files.state_dir = options.state_dir;
	if (!domain && conf->domains)
		error = files_domains(&set, conf, &files);
	for (i = 0; i < set.n && !domain; i++) {
		if (set.domain[i].is_itself && !set.domain[i].is_never)
			domain = set.domain[i].name;
		else if (set.domain[i].is_below && !set.domain[i].is_never)
			snprintf(below, sizeof(below), "test.%s", set.domain[i].name);
	}
	if (!domain && strlen(below) <= NOLIST_DOMAIN_MAX)
		domain = below;
	conf->test_domain = domain && *domain ? strdup(domain) : NULL;
	domain_set_free(&set);
	return error ? cmd_failed(error) : EXIT_DONE;
}

/* --- printing ----------------------------------------------------------------------------- */

static const char *grade_of(const struct finding *f)
{
	return f->grade == GRADE_REFUSES ? "wrong" : grade_names[f->grade];
}

/* The first line is what monitoring shows. */
static void print_summary(const struct findings *found)
{
	int wrong = findings_count(found, GRADE_REFUSES), ok = findings_count(found, GRADE_OK), i;

	for (i = 0; i < found->n && found->f[i].grade != GRADE_REFUSES; i++)
		;
	if (!wrong) {
		i = findings_count(found, GRADE_WARNING);
		printf("OK: %d of %d as they should be", ok, ok);
		if (i)
			printf(", %d warning%s", i, i == 1 ? "" : "s");
		putchar('\n');
		return;
	}
	printf("WRONG: %d of %d: %s%s%s: ", wrong, wrong + ok, found->f[i].about,
	       *found->f[i].subject ? " " : "", found->f[i].subject);
	text_name(found->f[i].text, 0);
	putchar('\n');
}

static void print_text(const struct findings *found)
{
	int i;

	print_summary(found);
	for (i = 0; i < found->n; i++) {
		const struct finding *f = &found->f[i];

		printf("%-7s  %-8s  ", grade_of(f), f->about);
		text_name(f->subject, 15);
		printf("  ");
		text_name(f->text, 0);
		if (*f->hint) {
			printf("\n%-7s  %-8s  %-15s  hint: ", "", "", "");
			text_name(f->hint, 0);
		}
		putchar('\n');
	}
}

static int print_json(const struct findings *found)
{
	static struct writer out;
	struct writer *o = &out;
	int i, wrong = findings_count(found, GRADE_REFUSES);

	writer_open(o, writer_stdout, NULL);
	json_open(o, NULL, '{');
	json_begin(o, "test");
	json_text(o, "version", nolist_version);
	json_bool(o, "ok", !wrong);
	json_number(o, "wrong", wrong);
	json_number(o, "warnings", findings_count(found, GRADE_WARNING));
	json_open(o, "findings", '[');
	for (i = 0; i < found->n; i++) {
		const struct finding *f = &found->f[i];

		json_open(o, NULL, '{');
		json_text(o, "grade", grade_of(f));
		json_text(o, "about", f->about);
		json_text(o, "subject", f->subject);
		json_text(o, "text", f->text);
		json_text_or_none(o, "hint", f->hint);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	return writer_flush(o);
}

/* --- testing -------------------------------------------------------------------------------- */

static int nothing_to_test(void)
{
	errx("there is no address to test");
	hint("--low, --real and --high name some; so does a configuration");
	return EXIT_USAGE;
}

static int test(struct test *t, struct conf *conf)
{
	bool is_outside = t->from || t->via, is_remote = t->has_addresses && !is_outside;
	struct probe_options o = { .conf = conf,
				   .pin_dir = is_remote ? NULL : options.pin_dir,
				   .netns = t->from,
				   .via = t->via,
				   .timeout_ms = t->timeout_s * 1000 };
	struct findings found = {};
	int error = 0, status;

	if (!conf->mxs && !is_remote)
		error = probe_conf_in_force(conf, options.pin_dir);
	if (error && error != -ENOENT)
		return cmd_failed(error);
	if (!conf->mxs)
		return nothing_to_test();
	error = is_remote || is_outside ? probe_outside(&found, &o) : probe_attached(&found, &o);
	if (error || found.is_incomplete) {
		free(found.f);
		return cmd_failed(error ? error : -ENOMEM);
	}
	if (!t->is_json)
		print_text(&found);
	else if (print_json(&found))
		errx("cannot write all of the output");
	status = findings_count(&found, GRADE_REFUSES) ? EXIT_FAILED : EXIT_DONE;
	free(found.f);
	return status;
}

int cmd_test(int argc, char **argv)
{
	struct test t = { .timeout_s = 2 };
	struct conf conf = {};
	int c, status = EXIT_DONE;

	if (conf_args_init(&t.args, argc)) {
		err(-ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0)
		status = take(&t, c);
	if (!status && t.from && t.via) {
		errx("--from and --via exclude each other");
		status = EXIT_USAGE;
	}
	if (!status && c < 0)
		status = -1 - c;
	else if (!status && !cmd_is_end(argc, argv))
		status = EXIT_USAGE;
	else if (!status) {
		status = read_conf(&t, &conf);
		if (status)
			conf_print_notes(&conf, false);
		else
			status = choose_domain(&t, &conf);
		if (!status)
			status = test(&t, &conf);
		conf_free(&conf);
	}
	conf_args_free(&t.args);
	return status;
}
