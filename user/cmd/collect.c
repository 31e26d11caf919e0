// SPDX-License-Identifier: GPL-2.0-only
/*
 * collect: writes the tables' contents to the store. Where no list is written, it also
 * logs each source that is listed since the last time, or no longer is.
 */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "user/base/log.h"
#include "user/cmd/attached.h"
#include "user/cmd/cmd.h"
#include "user/cmd/judging.h"
#include "user/evidence/collect.h"
#include "user/evidence/maillog.h"
#include "user/lists/shadow.h"

#define LOG_MAX 1000 /* listings, and as many removals */

static int log_listed(struct cmd_judging *j, size_t max)
{
	int error, status;

	j->options.is_keeping = true;
	status = cmd_judging_open(j);
	if (!status) {
		error = shadow_write(&j->judge, max);
		status = error ? cmd_failed(error) : EXIT_DONE;
	}
	if (status) {
		hint("all is stored; new listings cannot be logged");
		return EXIT_WARNED;
	}
	return cmd_judging_status(j, EXIT_DONE);
}

/* That the log cannot be read is told when it begins and ends, and meanwhile by status. */
static int follow(const char *path, bool is_quiet)
{
	struct followed f;
	int error = follow_maillog(options.state_dir, path, time(NULL), &f);

	if (error) {
		cmd_failed(error);
		return EXIT_WARNED;
	}
	if (f.is_news && f.error) {
		err(f.error, "cannot follow the log '%s'", path);
		hint("the mail in it does not count until it can be read");
	} else if (f.is_news && f.lost == f.looked) {
		warn("'%s' is not the log that was read before, and that one is not beside it: lines in "
		     "between may be lost", path);
	} else if (f.is_news) {
		info("the log '%s' can be read again", path);
	}
	if (!is_quiet && f.read)
		printf("%s: %lu message%s accepted\n", path, f.messages, f.messages == 1 ? "" : "s");
	return f.error ? EXIT_WARNED : EXIT_DONE;
}

/* max: log so many listings one by one; -1: the default. */
static int run(struct cmd_judging *j, int max, bool is_quiet)
{
	struct collected done;
	int error, attached, followed = EXIT_DONE, status = cmd_judging_conf(j);

	if (status)
		return status;
	/* If there are lists, dump logs what is added to each. */
	if (max < 0)
		max = j->conf.lists ? 0 : LOG_MAX;
	error = collect(options.pin_dir, options.state_dir, (uint64_t)j->conf.store_mib << 20, &done);
	if (error)
		return cmd_failed(error);
	if (j->conf.maillog)
		followed = follow(j->conf.maillog, is_quiet);
	attached = attached_tell(&j->conf);
	/* It is read again, as it is by then. */
	conf_free(&j->conf);
	j->options.conf = NULL;
	if (!is_quiet)
		printf("%zu source%s, %zu updated, %zu freed\n", done.sources,
		       done.sources == 1 ? "" : "s", done.changed, done.freed);
	status = max ? log_listed(j, max) : EXIT_DONE;
	if (!status)
		status = attached;
	return status ? status : followed;
}

int collect_run(const char *file, int log_max)
{
	struct cmd_judging j = { .file = file };
	int status = run(&j, log_max, false);

	cmd_judging_close(&j);
	return status;
}

enum { OPT_LOG = 256 };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "log", OPT_LOG, "N", "log up to N new listings, and N that have ended" },
	{ "quiet", 'q', NULL, "print only failures and listings" },
	{}
};

int cmd_collect(int argc, char **argv)
{
	struct cmd_judging j = {};
	bool is_max = false, is_quiet = false;
	size_t max = 0;
	int c, status;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			j.file = optarg;
		else if (c == 'q')
			is_quiet = true;
		else if (cmd_log_max(optarg, &max))
			return EXIT_USAGE;
		else
			is_max = true;
	}
	if (c < 0)
		return -1 - c;
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	status = run(&j, is_max ? (int)max : -1, is_quiet);
	cmd_judging_close(&j);
	return status;
}
