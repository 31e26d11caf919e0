// SPDX-License-Identifier: GPL-2.0-only
/*
 * explain: all that is known of one source, the result of every rule, and its verdict
 * with the reasons.
 */
#include <getopt.h>
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/judging.h"
#include "user/cmd/source.h"
#include "user/config/keys_enforce.h"
#include "user/enforce/enforce.h"
#include "user/enforce/spam.h"
#include "user/report/explain.h"

enum { OPT_JSON = 256, OPT_AT };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{}
};

/* What content filters found, of this source. */
static int add_spam(struct explain *e, const struct cmd_judging *j, const struct nolist_source *src)
{
	const struct spam_found *f;
	struct spam_sources s;
	int error = spam_find(&s, options.state_dir, j->judge.now);

	f = error ? NULL : spam_of(&s, src);
	if (f) {
		e->spam_hours = f->spam;
		e->ham_hours = f->ham;
		e->spam_last = f->last;
	}
	spam_free(&s);
	return error;
}

static int run(struct cmd_judging *j, const struct nolist_addr *addr, bool is_json)
{
	struct nolist_source src = addr_source(addr);
	struct explain e;
	int error, status;

	j->one = &src;
	status = cmd_judging_open(j);
	if (status)
		return status;
	cmd_judging_origin(j);
	error = explain_gather(&e, &j->judge, addr);
	if (!error && !j->judge.is_replay)
		e.at_real = enforce_says(options.pin_dir, &src, &e.table, &e.is_held);
	if (!error)
		error = add_spam(&e, j, &src);
	if (!error)
		explain_policy(&e, options.pin_dir);
	if (!error && !(conf_tarpit(j->judge.conf) & TARPIT_HIGH))
		e.is_held = false;
	if (!error && is_json)
		error = explain_json(&e);
	else if (!error)
		explain_text(&e);
	explain_free(&e);
	return error ? cmd_failed(error) : cmd_judging_status(j, EXIT_DONE);
}

int cmd_explain(int argc, char **argv)
{
	struct cmd_judging j = {};
	struct nolist_addr addr;
	bool is_json = false;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			j.file = optarg;
		else if (c == OPT_AT)
			status = cmd_time(optarg, &j.options.at);
		else
			is_json = true;
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (optind != argc - 1) {
		errx(optind == argc ? "no address given" : "one address at a time");
		return EXIT_USAGE;
	}
	if (cmd_source(argv[optind], &addr))
		return EXIT_USAGE;
	status = run(&j, &addr, is_json);
	cmd_judging_close(&j);
	return status;
}
