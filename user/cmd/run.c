// SPDX-License-Identifier: GPL-2.0-only
/*
 * run: load, then collect and dump on timers, until it is stopped.
 */
#include <getopt.h>
#include <stdlib.h>

#include "user/base/log.h"
#include "user/base/socket_call.h"
#include "user/cmd/attached.h"
#include "user/cmd/cmd.h"
#include "user/cmd/in_force.h"
#include "user/lists/configured.h"
#include "user/service/run.h"

#define LOG_MAX 1000 /* listings, and as many removals */

static int load_step(const char *file)
{
	int status = load_run(file);

	return status == EXIT_WARNED ? EXIT_DONE : status;
}

static int unload_step(const char *file)
{
	(void)file;
	return unload_run();
}

static int collect_step(const char *file)
{
	int status = collect_run(file, -1);

	return status == EXIT_WARNED ? EXIT_DONE : status;
}

/* What was held back, or could not be used, is no failure: the log and status show it. */
static int dump_step(const char *file)
{
	bool is_failed;
	int status = dump_run(file, LOG_MAX, &is_failed);

	return status == EXIT_WARNED && !is_failed ? EXIT_DONE : status;
}

/* The same in a process of its own, which systemd starts when it is asked. */
static const char *dump_by;

static int dump_elsewhere_step(const char *file)
{
	char answer[16];
	int error = socket_call(dump_by, "dump\n", 0, answer, sizeof(answer));

	(void)file;
	if (!error)
		return atoi(answer);
	err(error, "cannot have the lists written by '%s'", dump_by);
	return EXIT_FAILED;
}

static bool is_loading;

/* The load that follows warns of files that it cannot use. */
static int check_conf(const struct conf *conf)
{
	struct files f = { .state_dir = options.state_dir, .is_keeping = true };
	int error = configured_check_all(conf, &f);

	if (!is_loading)
		cmd_print_files(&f);
	return error;
}

enum { OPT_NO_LOAD = 256, OPT_UNLOAD, OPT_DUMP_BY };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ")" },
	{ "no-load", OPT_NO_LOAD, NULL, "never load: something else does" },
	{ "unload-on-exit", OPT_UNLOAD, NULL, "detach at the end" },
	{ "dump-by", OPT_DUMP_BY, "SOCKET", "let the process at SOCKET write the lists" },
	{}
};

int cmd_run(int argc, char **argv)
{
	struct run_options o = { .file = DEFAULT_CONF, .load = load_step, .collect = collect_step,
				 .heal = heal_run, .dump = dump_step, .metrics = metrics_run,
				 .adopted = in_force_write,
				 .check = check_conf };
	int c, status;

	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		switch (c) {
		case 'c':
			o.file = optarg;
			break;
		case OPT_NO_LOAD:
			o.load = o.heal = NULL;
			break;
		case OPT_UNLOAD:
			o.unload = unload_step;
			break;
		case OPT_DUMP_BY:
			dump_by = optarg;
			o.dump = dump_elsewhere_step;
			o.is_dump_elsewhere = true;
			break;
		}
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	o.state_dir = options.state_dir;
	is_loading = o.load;
	status = run(&o);
	return status < 0 ? cmd_failed(status) : status;
}
