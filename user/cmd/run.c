// SPDX-License-Identifier: GPL-2.0-only
/*
 * run: load, then collect and dump on timers, until it is stopped.
 */
#include <getopt.h>
#include "user/cmd/cmd.h"
#include "user/lists/configured.h"
#include "user/service/run.h"

#define LOG_MAX 1000 /* listings, and as many removals */

static int load_step(const char *file)
{
	return load_run(file);
}

static int unload_step(const char *file)
{
	(void)file;
	return unload_run();
}

static int collect_step(const char *file)
{
	return collect_run(file, -1);
}

/* Held-back additions are no failure: the log and status show them. */
static int dump_step(const char *file)
{
	int status = dump_run(file, LOG_MAX);

	return status == EXIT_HELD ? EXIT_DONE : status;
}

enum { OPT_NO_LOAD = 256, OPT_UNLOAD };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ")" },
	{ "no-load", OPT_NO_LOAD, NULL, "do not load: something else does" },
	{ "unload-on-exit", OPT_UNLOAD, NULL, "detach at the end" },
	{}
};

int cmd_run(int argc, char **argv)
{
	struct run_options o = { .file = DEFAULT_CONF, .load = load_step, .collect = collect_step,
				 .dump = dump_step, .check = configured_check_all };
	int c, status;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		switch (c) {
		case 'c':
			o.file = optarg;
			break;
		case OPT_NO_LOAD:
			o.load = NULL;
			break;
		case OPT_UNLOAD:
			o.unload = unload_step;
			break;
		}
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	o.state_dir = options.state_dir;
	status = run(&o);
	return status < 0 ? cmd_failed(status) : status;
}
