// SPDX-License-Identifier: GPL-2.0-only
/*
 * explain: all that is known of one source, what every rule says to it, and what
 * it is judged to be and why. Gathers it; report/explain_text.c and report/explain_json.c tell it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "user/cmd/cmd.h"
#include "user/report/explain.h"
#include "user/base/log.h"

/* --- the command line -------------------------------------------------------- */

enum { OPT_JSON = 256, OPT_AT };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{}
};

static int gather(struct explain *e)
{
	e->never = never_find(e->j.never, &e->of.r.src);
	e->allow = never_find(e->j.allow, &e->of.r.src);
	e->pardon = never_find(e->j.pardon, &e->of.r.src);
	if (!explain_lists(e) && !explain_history(e))
		return EXIT_DONE;
	err(ENOMEM, "cannot hold the evidence");
	return EXIT_FAILED;
}

static int print_json(const struct explain *e)
{
	int error = explain_json(e);

	if (error)
		err(error, "cannot write all of the output");
	return error ? EXIT_FAILED : EXIT_DONE;
}

void explain_free(struct explain *e)
{
	free(e->event);
	free(e->list);
	judge_close(&e->j);
}

static int run(struct explain *e, const struct judge_options *jo, bool is_json)
{
	struct nolist_source src = addr_source(&e->addr);
	int status = judge_open(&e->j, jo);

	if (!status) {
		e->is_known = judge_find(&e->j, &src, &e->of);
		status = judge_end(&e->j);
	}
	if (!status)
		status = gather(e);
	if (!status && is_json)
		status = print_json(e);
	else if (!status)
		explain_text(e);
	explain_free(e);
	return status;
}

/* An address, or a source as show and lists write it: its /64. */
static int take_source(const char *text, struct nolist_addr *addr)
{
	struct nolist_source src;
	struct prefix p;

	if (prefix_parse(text, &p)) {
		errx("'%s' is not an address", text);
		return EXIT_USAGE;
	}
	src = addr_source(&p.addr);
	if (p.len < source_prefix(&src).len) {
		errx("'%s' is more than one source", text);
		hint("an IPv4 address, or an IPv6 /64 or an address in it");
		return EXIT_USAGE;
	}
	*addr = p.addr;
	return EXIT_DONE;
}

int cmd_explain(int argc, char **argv)
{
	struct judge_options jo = {};
	struct explain e = {};
	bool is_json = false;
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			jo.conf = optarg;
		else if (c == OPT_AT)
			jo.at = optarg;
		else
			is_json = true;
	}
	if (c < 0)
		return -1 - c;
	if (optind != argc - 1) {
		errx(optind == argc ? "which address?" : "one address at a time");
		return EXIT_USAGE;
	}
	if (take_source(argv[optind], &e.addr))
		return EXIT_USAGE;
	return run(&e, &jo, is_json);
}
