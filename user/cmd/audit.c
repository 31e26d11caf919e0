// SPDX-License-Identifier: GPL-2.0-only
/*
 * audit: compares the list with the log of a real MX.
 */
#include <getopt.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/enforce/enforce.h"
#include "user/judge/files.h"
#include "user/report/audit.h"

enum { OPT_JSON = 256, OPT_AT };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "at", OPT_AT, "TIME", "as if it were TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{ "json", OPT_JSON, NULL, "one JSON document" },
	{}
};

static bool is_at_real(const struct nolist_source *src, void *arg)
{
	return enforce_refuses(arg, src);
}

/* Against the table that is in force now, "noted" or not. */
static int compare(struct audit_options *o, FILE *log, const char *name, bool *is_odd)
{
	struct kern_block b;
	int error;

	o->mode = enforce_look(&b, o->pin_dir);
	o->arg = &b;
	o->is_at_real = o->mode ? is_at_real : NULL;
	error = audit(o, log, name, is_odd);
	if (o->mode)
		kern_block_close(&b);
	return error;
}

static int run(struct audit_options *o, const char *file, const char *name)
{
	struct files files = { .state_dir = o->state_dir };
	struct conf conf;
	FILE *log = cmd_open(name);
	bool is_warned, is_odd = false;
	int error, status;

	if (!log) {
		if (access(name, F_OK))
			hint("exim's is /var/log/exim4/mainlog; where only the journal has it: "
			     "journalctl -o short-iso | nolist-xdp audit -");
		return EXIT_USAGE;
	}
	status = cmd_conf(&conf, file);
	if (!status) {
		o->conf = &conf;
		/* Each time that it judges as of reads them again, without a word. */
		error = files_check(&conf, &files);
		is_warned = cmd_print_files(&files);
		if (!error)
			error = compare(o, log, name, &is_odd);
		status = error ? cmd_failed(error) : is_warned || is_odd ? EXIT_WARNED : EXIT_DONE;
	}
	conf_free(&conf);
	if (log != stdin)
		fclose(log);
	return status;
}

int cmd_audit(int argc, char **argv)
{
	struct audit_options o = {};
	const char *file = NULL;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			file = optarg;
		else if (c == OPT_AT)
			status = cmd_time(optarg, &o.at);
		else
			o.is_json = true;
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (optind != argc - 1) {
		errx(optind == argc ? "no log given" : "one log at a time");
		return EXIT_USAGE;
	}
	o.pin_dir = options.pin_dir;
	o.state_dir = options.state_dir;
	return run(&o, file, argv[optind]);
}
