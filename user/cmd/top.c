// SPDX-License-Identifier: GPL-2.0-only
/*
 * top: a live view of counters, dialogues and listings on a terminal.
 */
#include <getopt.h>

#include "user/base/duration.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/top/top.h"

#define INTERVAL_MAX_S HOUR_S

enum { OPT_INTERVAL = 256 };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "interval", OPT_INTERVAL, "TIME", "between two looks at the counters (2s)" },
	{}
};

static int set_interval(struct top_options *o, const char *text)
{
	int64_t s;

	if (duration_parse(text, &s) || s < 1 || s > INTERVAL_MAX_S) {
		errx("--interval: '%s' is not a time from 1s to 1h", text);
		return EXIT_USAGE;
	}
	o->every_s = s;
	return EXIT_DONE;
}

int cmd_top(int argc, char **argv)
{
	struct top_options o = { .every_s = 2 };
	const char *file = NULL;
	int c, error, status = EXIT_DONE;
	struct conf conf;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			file = optarg;
		else
			status = set_interval(&o, optarg);
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	status = cmd_conf(&conf, file);
	if (!status) {
		o.conf = &conf;
		o.pin_dir = options.pin_dir;
		o.state_dir = options.state_dir;
		error = top(&o);
		status = error ? cmd_failed(error) : EXIT_DONE;
	}
	conf_free(&conf);
	return status;
}
