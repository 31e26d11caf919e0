// SPDX-License-Identifier: GPL-2.0-only
/*
 * show: sources as a table; --json is for scripts.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/base/similar.h"
#include "user/cmd/cmd.h"
#include "user/cmd/judging.h"
#include "user/report/follow.h"
#include "user/report/show.h"

#define TOP_ON_TERMINAL 40

enum { OPT_JSON = 256, OPT_ROLE, OPT_SORT, OPT_TOP, OPT_AT, OPT_FOLLOW, OPT_LOST };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{ "role", OPT_ROLE, "ROLE", "only sources that were at low, real or high" },
	{ "sort", OPT_SORT, "KEY", "last, first, low, real, high, data, talk, verdict or source" },
	{ "top", OPT_TOP, "N", "only the first N; 0: all; 40 on a terminal, else all" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{ "lost", OPT_LOST, NULL, "only sources that come to the low fake again and again, and to no other "
				  "MX" },
	{ "follow", OPT_FOLLOW, NULL, "print what verified sources do from now on, as lines of JSON" },
	{}
};

static int set_role(struct show_options *o, const char *name)
{
	o->role = conf_role_parse(name);
	if (o->role == NOLIST_LOW || o->role == NOLIST_REAL || o->role == NOLIST_HIGH)
		return EXIT_DONE;
	errx("'%s' is not low, real or high", name);
	return EXIT_USAGE;
}

static int set_key(struct show_options *o, const char *name)
{
	struct similar s;
	unsigned int i;

	o->sort = name;
	if (show_has_key(name))
		return EXIT_DONE;
	similar_start(&s, name);
	for (i = 0; show_key(i); i++)
		similar_try(&s, show_key(i));
	if (s.best)
		errx("cannot sort by '%s': did you mean '%s'?", name, s.best);
	else
		errx("cannot sort by '%s'", name);
	hint("\"nolist-xdp show --help\" lists the keys");
	return EXIT_USAGE;
}

static int set_top(struct show_options *o, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	o->top = strtol(text, NULL, 10);
	if (digits && digits < 10 && !text[digits])
		return EXIT_DONE;
	errx("'%s' is not a number", text);
	return EXIT_USAGE;
}

static bool is_following;

static int take(struct show_options *o, struct cmd_judging *j, int c, const char *value)
{
	switch (c) {
	case 'c':
		j->file = value;
		break;
	case OPT_JSON:
		o->is_json = true;
		break;
	case OPT_ROLE:
		return set_role(o, value);
	case OPT_SORT:
		return set_key(o, value);
	case OPT_TOP:
		return set_top(o, value);
	case OPT_AT:
		return cmd_time(value, &j->options.at);
	case OPT_LOST:
		o->is_lost = true;
		break;
	case OPT_FOLLOW:
		is_following = true;
	}
	return EXIT_DONE;
}

/* Why no verdict says "offender" yet. */
static void say_learning(const struct judge *j)
{
	int64_t until = site_learning_until(&j->site, j->now);
	char text[LEARNING_TEXT];

	if (until)
		info("%s", learning_text(until, &j->rules, text));
}

/* Never done: it ends when it is killed, or cannot go on. */
static int run_follow(const struct show_options *o, struct cmd_judging *j)
{
	struct follow_options f = { .judge = &j->options, .pin_dir = options.pin_dir,
				    .role = o->role };
	int status;

	if (o->sort || o->top >= 0 || j->options.at || o->is_lost) {
		errx("--follow takes neither --sort nor --top nor --at nor --lost");
		return EXIT_USAGE;
	}
	status = cmd_judging_conf(j);
	if (!status)
		status = cmd_failed(follow(&f));
	cmd_judging_close(j);
	return status;
}

int cmd_show(int argc, char **argv)
{
	struct show_options o = { .top = -1 };
	struct cmd_judging j = {};
	int c, error, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0)
		status = take(&o, &j, c, optarg);
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	if (is_following)
		return run_follow(&o, &j);
	if (o.top < 0)
		o.top = !o.is_json && isatty(STDOUT_FILENO) ? TOP_ON_TERMINAL : 0;
	status = cmd_judging_open(&j);
	if (!status) {
		say_learning(&j.judge);
		cmd_judging_origin(&j);
		error = show(&j.judge, &o);
		status = error ? cmd_failed(error) : cmd_judging_status(&j, EXIT_DONE);
	}
	cmd_judging_close(&j);
	return status;
}
