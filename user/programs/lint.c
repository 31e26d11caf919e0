// SPDX-License-Identifier: GPL-2.0-only
/*
 * lint: what senders and testers will make of a domain's MX records. A program of its own,
 * which "nolist-xdp lint" starts.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/json.h"
#include "user/base/log.h"
#include "user/base/thread.h"
#include "user/base/version.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/confined/program.h"
#include "user/lint/lint.h"
#include "user/lint/report.h"

enum { OPT_JSON = 256, OPT_RESOLVER, OPT_ANCHOR, OPT_PROBE, OPT_SOURCE, OPT_PLAN };

#define AT_A_TIME 16    /* domains that are looked at together */
#define PROBE_MS 5000   /* to wait for a connection, and for each reply */

static const struct cmd_option opts[] = {
	CONF_ARGS_FILE,
	{ "low", CONF_ARGS_LOW, "ADDR", "a low fake, besides the file's" },
	{ "real", CONF_ARGS_REAL, "ADDR", "a real MX, besides the file's" },
	{ "high", CONF_ARGS_HIGH, "ADDR", "a high fake, besides the file's" },
	{ "probe", OPT_PROBE, NULL, "ask the addresses as well, as a client" },
	{ "source", OPT_SOURCE, "ADDR", "probe from this address" },
	{ "plan", OPT_PLAN, NULL, "print what to publish and to configure, and how to leave" },
	{ "resolver", OPT_RESOLVER, "ADDR", "ask this resolver, not all servers from the root on" },
	{ "trust-anchor", OPT_ANCHOR, "FILE", "the root's keys, instead of those of IANA" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

struct job {
	struct conf_args args;
	struct dns_options dns;
	struct lint_options lint;
	struct nolist_addr source;
	bool is_json, is_plan;
	char **domain;
	int domains;
	struct lint *result; /* of each domain */
	int *error;
	int next; /* domain to look at */
};

/* --- the command line ----------------------------------------------------------------------- */

static int take(struct job *j, int c)
{
	if (conf_args_take(&j->args, c, optarg))
		return EXIT_DONE;
	if (c == OPT_SOURCE && addr_parse(optarg, &j->source)) {
		errx("--source: '%s' is not an address", optarg);
		return EXIT_USAGE;
	}
	if (c == OPT_SOURCE)
		j->lint.from = &j->source;
	else if (c == OPT_RESOLVER)
		j->dns.resolver = optarg;
	else if (c == OPT_ANCHOR)
		j->dns.anchor = optarg;
	j->lint.is_probing |= c == OPT_PROBE || c == OPT_SOURCE;
	j->is_plan |= c == OPT_PLAN;
	j->is_json |= c == OPT_JSON;
	return EXIT_DONE;
}

static int check_domains(struct job *j, int argc, char **argv)
{
	char name[DNS_NAME];
	int i;

	j->domain = argv + optind;
	j->domains = argc - optind;
	if (j->is_plan && j->domains != 1) {
		errx("--plan is for one domain");
		return EXIT_USAGE;
	}
	if (!j->domains) {
		errx("no domain given");
		hint("nolist-xdp lint example.com");
		return EXIT_USAGE;
	}
	for (i = 0; i < j->domains; i++)
		if (lint_name(j->domain[i], name)) {
			errx("'%s' is not the name of a domain", j->domain[i]);
			return EXIT_USAGE;
		}
	return EXIT_DONE;
}

/* --- looking ---------------------------------------------------------------------------------- */

static void *work(void *arg)
{
	struct job *j = arg;
	struct dns *dns;
	int i, error = dns_open(&dns, &j->dns);

	while ((i = __sync_fetch_and_add(&j->next, 1)) < j->domains)
		j->error[i] = error ? error : lint(&j->result[i], dns, j->domain[i], &j->lint);
	if (!error)
		dns_close(dns);
	return NULL;
}

static void look_at_all(struct job *j)
{
	pthread_t thread[AT_A_TIME];
	int threads = 0, i;

	while (threads < AT_A_TIME - 1 && threads < j->domains - 1 &&
	       !thread_start(&thread[threads], work, j))
		threads++;
	work(j);
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

/* --- the report ---------------------------------------------------------------------------------- */

static int print_json(const struct job *j)
{
	static struct writer out;
	struct writer *o = &out;
	int i;

	writer_open(o, writer_stdout, NULL);
	json_stream(o, NULL, '{');
	json_begin(o, "lint");
	json_text(o, "version", nolist_version);
	json_stream(o, "domains", '[');
	for (i = 0; i < j->domains; i++)
		report_json(o, &j->result[i], j->domain[i]);
	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	return writer_flush(o);
}

static void print(const struct job *j)
{
	int i;

	if (j->is_json) {
		if (print_json(j))
			errx("cannot write all of the output");
		return;
	}
	for (i = 0; i < j->domains; i++) {
		if (i)
			putchar('\n');
		report_text(&j->result[i], j->domain[i]);
	}
}

static int status_of(const struct job *j)
{
	int i, status = EXIT_DONE;

	for (i = 0; i < j->domains; i++)
		if (findings_errors(&j->result[i].found))
			return EXIT_FAILED;
		else if (findings_count(&j->result[i].found, GRADE_WARNING))
			status = EXIT_WARNED;
	return status;
}

static int report(const struct job *j)
{
	int i;

	for (i = 0; i < j->domains; i++)
		if (j->error[i])
			return cmd_failed(j->error[i]);
	if (j->is_plan) {
		if (!j->lint.conf->mxs) {
			errx("--plan: no address has a role");
			hint("--low, --real and --high name them, or a configuration");
			return EXIT_USAGE;
		}
		report_plan(&j->result[0]);
		return EXIT_DONE;
	}
	print(j);
	return status_of(j);
}

static int run(struct job *j)
{
	int i, status;

	j->result = calloc(j->domains, sizeof(*j->result));
	j->error = calloc(j->domains, sizeof(*j->error));
	if (!j->result || !j->error || policy_start()) {
		err(-ENOMEM, "cannot start");
		status = EXIT_FAILED;
	} else {
		look_at_all(j);
		status = report(j);
		policy_end();
	}
	for (i = 0; j->result && i < j->domains; i++)
		lint_free(&j->result[i]);
	free(j->result);
	free(j->error);
	return status;
}

/* Files and this host are read before, what strangers send by a process that can do little. */
static int run_confined(struct job *j)
{
	struct ifaddrs *own = NULL;
	struct domain_set domains;
	int error, status;

	if (!lint_domains(&domains, j->lint.conf))
		j->lint.domains = &domains;
	if (!getifaddrs(&own))
		j->lint.own = own;
	error = program_confine(PROGRAM_READS);
	status = error ? cmd_failed(error) : run(j);
	freeifaddrs(own);
	domain_set_free(&domains);
	return status;
}

static int with_conf(struct job *j)
{
	struct conf conf;
	int status = conf_args_read(&j->args, &conf);

	j->lint.conf = &conf;
	j->lint.has_file = conf.is_read;
	j->lint.timeout_ms = PROBE_MS;
	if (status)
		conf_print_notes(&conf, false);
	else
		status = run_confined(j);
	conf_free(&conf);
	return status;
}

static int cmd_lint(int argc, char **argv)
{
	static struct job j;
	int c = 0, status = EXIT_DONE;

	if (conf_args_init(&j.args, argc)) {
		err(-ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0)
		status = take(&j, c);
	if (!status && c < 0)
		status = -1 - c;
	else if (!status)
		status = check_domains(&j, argc, argv);
	if (!status && c == 0)
		status = with_conf(&j);
	conf_args_free(&j.args);
	return status;
}

int main(int argc, char **argv)
{
	static const struct cmd cmds[] = {
		{ "lint", cmd_lint,
		  "DOMAIN... [-c FILE] [--low ADDR]... [--real ADDR]... [--high ADDR]... [--probe] "
		  "[--source ADDR] [--plan] [--resolver ADDR] [--trust-anchor FILE] [--json]",
		  HELP_LINT },
		{}
	};

	return cmd_main(cmds, argc, argv);
}
