// SPDX-License-Identifier: GPL-2.0-only
/*
 * status: where the program is attached, its configuration, the counters of frames, how
 * full the tables are and what was lost.
 */
#include <getopt.h>
#include <stdio.h>

#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/report/status.h"

enum { OPT_JSON = 256 };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

static int print(struct status *s, bool is_json)
{
	int i, error;

	/* If the store cannot be read, print why and show the tables all the same. */
	if (s->store_error)
		cmd_failed(failure_return(&s->store_failure));
	if (is_json) {
		error = status_json(s);
		if (!error)
			return EXIT_DONE;
		err(error, "cannot write all of the output");
		return EXIT_FAILED;
	}
	status_text(s);
	fflush(stdout);
	for (i = 0; i < s->warnings; i++)
		warn("%s", s->warning[i]);
	return EXIT_DONE;
}

static int run(const char *file, bool is_json)
{
	struct status s = {};
	struct conf rules;
	int error, status = cmd_conf(&rules, file);

	/* Status does not depend on the file: an invalid default one is only reported. */
	if (!status || !file) {
		error = status_read(&s, &rules, options.pin_dir, options.state_dir);
		status = error ? cmd_failed(error) : print(&s, is_json);
	}
	status_free(&s);
	conf_free(&rules);
	return status;
}

int cmd_status(int argc, char **argv)
{
	const char *file = NULL;
	bool is_json = false;
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			file = optarg;
		else
			is_json = true;
	}
	if (c < 0)
		return -1 - c;
	return cmd_is_end(argc, argv) ? run(file, is_json) : EXIT_USAGE;
}
