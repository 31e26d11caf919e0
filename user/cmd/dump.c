// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump: writes block lists. One list to standard output or to a file, or all lists that
 * the configuration names; then it runs their reload commands.
 */
#include <getopt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/cmd/attached.h"
#include "user/cmd/cmd.h"
#include "user/cmd/dump_origin.h"
#include "user/cmd/in_force.h"
#include "user/cmd/judging.h"
#include "user/cmd/origin_age.h"
#include "user/config/keys_lists.h"
#include "user/enforce/enforce.h"
#include "user/lists/changelog.h"
#include "user/lists/configured.h"
#include "user/lists/dump.h"
#include "user/lists/forget.h"
#include "user/lists/lifts.h"
#include "user/lists/reload_by.h"
#include "user/service/waiting.h"

struct args {
	struct cmd_judging j;
	struct dump_options o;
	struct list one; /* of the command line */
	bool is_all;     /* --all */
	bool has_format; /* --format */
	char *reload;    /* words of one.reload */
	const char *forget; /* --forget */
	bool is_answer;     /* --answer */
	const char *origin; /* --origin */
};

/* Is there a list that shows where sources come from? */
static bool shows_origins(const struct conf *conf, const struct list *one)
{
	const struct format *f;
	int i;

	if (one)
		return one->format->has_evidence;
	for (i = 0; i < conf->lists; i++) {
		f = format_find(conf->list[i].argv[0]);
		if (f && f->has_evidence)
			return true;
	}
	return false;
}

/* Before the evidence is opened, so that the lists are as they ask. 0, or a warning's status. */
static int take_lifts(const struct cmd_judging *j)
{
	const char *file = j->conf.page_lifts;
	struct lifts done;

	if (!file || j->options.at)
		return EXIT_DONE;
	if (lifts_take(file, options.state_dir, time(NULL), &done)) {
		failure_print(failure_last());
		warn("no listing is lifted by the look-up page");
		return EXIT_WARNED;
	}
	if (done.made)
		enforce_take_off_all(options.pin_dir, options.state_dir, time(NULL));
	if (done.refused)
		warn("%zu listings are not lifted, though their sources asked for it at the look-up page: "
		     "there were too many of one network, or of all, in a day", done.refused);
	return EXIT_DONE;
}

/* The table of listed sources, of the lists that were just written. */
static enum dump_result put_in_force(struct cmd_judging *j, enum dump_result result)
{
	int error = enforce_apply(&j->judge, options.pin_dir);

	if (!error)
		return result;
	cmd_failed(error);
	return DUMP_PARTLY;
}

static int run(struct cmd_judging *j, struct list *one, const struct dump_options *o,
	       bool *is_failed)
{
	static const int statuses[] = {
		[DUMP_DONE] = EXIT_DONE,
		[DUMP_HELD] = EXIT_WARNED,
		[DUMP_PARTLY] = EXIT_WARNED,
		[DUMP_FAILED] = EXIT_FAILED,
	};
	enum dump_result result = DUMP_DONE;
	int error, status, lifted = EXIT_DONE;

	j->options.is_keeping = true;
	status = cmd_judging_conf(j);
	if (status)
		return status;
	if (!one && !o->is_closing)
		lifted = take_lifts(j);
	status = o->is_closing ? cmd_judging_open_empty(j) : cmd_judging_open(j);
	if (status)
		return status;
	if (shows_origins(&j->conf, one))
		cmd_judging_origin(j);
	if (j->origin && j->judge.rules.origin_wait_s && cmd_origin_age(j->origin, j->conf.origin))
		hint("'origin-wait' makes no sender wait longer until the file is newer");
	/* If one of them is wrong, none is written. */
	error = one ? 0 : configured_check(&j->conf);
	if (error)
		return cmd_failed(error);
	if (!one && !conf_is_written(&j->conf)) {
		errx("the configuration names no list");
		hint("list = { \"FORMAT FILE COMMAND...\" }");
		status = EXIT_USAGE;
	}
	/* With --json the summary has the errors as well. */
	if ((!status && (one || j->conf.lists)) || o->is_json)
		result = dump(&j->judge, one, o);
	/* After a failure the table in force ages; a list that is closed is as empty as its file. */
	if (!status && !one && !j->judge.is_replay && result < DUMP_FAILED)
		result = put_in_force(j, result);
	*is_failed = result >= DUMP_PARTLY;
	/* A list that is gone is only noted: that it still is hurts nobody. */
	if (!one && !status)
		forget_gone(options.state_dir, &j->conf);
	if (o->is_closing && !status && result < DUMP_FAILED)
		hint("the next dump would fill it again: stop what runs it, and take the list out of "
		     "the configuration");
	if (!status)
		status = cmd_judging_status(j, statuses[result]);
	if (!status)
		status = lifted;
	/* Lists grow old where nothing is seen any more. */
	return status || one ? status : attached_tell(&j->conf);
}

int dump_run(const char *file, size_t log_max, bool *is_failed)
{
	const struct dump_options o = { .is_quiet = true, .has_log = true, .log_max = log_max };
	struct cmd_judging j = { .file = file };
	int status;

	*is_failed = true;
	status = run(&j, NULL, &o, is_failed);
	cmd_judging_close(&j);
	return status;
}

/* --- the command line -------------------------------------------------------- */

static int list_formats(bool is_white)
{
	const struct format *const *f;

	for (f = formats; *f; f++) {
		if (is_white && !(*f)->takes_white)
			continue;
		printf("%-12s for %s\n%-12s %s\n", (*f)->name, (*f)->reader, "",
		       is_white && (*f)->usage_white ? (*f)->usage_white : (*f)->usage);
	}
	return EXIT_DONE;
}

static int set_format(struct list *l, const char *name)
{
	l->format = format_find(name);
	if (l->format)
		return EXIT_DONE;
	if (format_meant(name))
		errx("unknown format '%s': did you mean '%s'?", name, format_meant(name));
	else
		errx("unknown format '%s'", name);
	hint("\"nolist-xdp dump --list-formats\" lists them");
	return EXIT_USAGE;
}

static int add_allow(struct judge_options *jo, const char *file)
{
	const char **grown = reallocarray(jo->allow, jo->allows + 1, sizeof(*grown));

	if (!grown) {
		err(ENOMEM, "cannot read '%s'", file);
		return EXIT_FAILED;
	}
	jo->allow = grown;
	jo->allow[jo->allows++] = file;
	return EXIT_DONE;
}

static int set_reload(struct args *a, const char *command)
{
	char **argv;

	if (a->one.reload) {
		errx("only one --reload-command is allowed");
		return EXIT_USAGE;
	}
	if (conf_split(command, &a->reload, &argv)) {
		err(ENOMEM, "cannot run '%s'", command);
		return EXIT_FAILED;
	}
	a->one.reload = argv;
	if (conf_shell_word(argv))
		warn("--reload-command: there is no shell: '%s' is a word for the command; put both "
		     "into a script", conf_shell_word(argv));
	if (*argv)
		return EXIT_DONE;
	errx("--reload-command is empty");
	return EXIT_USAGE;
}

enum { OPT_UNVERIFIED = 256, OPT_ALLOW, OPT_AT, OPT_LIST, OPT_RELOAD, OPT_ALL, OPT_JSON,
       OPT_LOG, OPT_FORGET, OPT_RELOAD_BY, OPT_ANSWER, OPT_CLOSE, OPT_ORIGIN, OPT_WHITE };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "format", 'f', "FORMAT", "see --list-formats (plain)" },
	{ "output", 'o', "FILE", "replace FILE in one step (standard output)" },
	{ "reload-command", OPT_RELOAD, "CMD", "run CMD after FILE was replaced, without a shell" },
	{ "all", OPT_ALL, NULL, "write all lists that the configuration names" },
	{ "unverified", OPT_UNVERIFIED, NULL, "also list sources with SYNs only (can be forged)" },
	{ "white", OPT_WHITE, NULL, "write a list of good senders to let in, instead of the block list" },
	{ "allow", OPT_ALLOW, "FILE", "never list the addresses and prefixes in FILE" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{ "quiet", 'q', NULL, "print only failures" },
	{ "log", OPT_LOG, "N", "name up to N listings and N removals of a list, also with --quiet" },
	{ "json", OPT_JSON, NULL, "print a summary to standard output, as JSON" },
	{ "forget", OPT_FORGET, "FILE", "drop what is known of the list in FILE, and write no list" },
	{ "close", OPT_CLOSE, NULL, "end the list: write it empty, with a note" },
	{ "origin", OPT_ORIGIN, "KEYS", "write all networks of AS64496,DE, or of those in a file; judges no "
					"source" },
	{ "reload-by", OPT_RELOAD_BY, "SOCKET", "let the process at SOCKET run the reload commands" },
	{ "answer", OPT_ANSWER, NULL, "be that process, with the request on standard input" },
	{ "list-formats", OPT_LIST, NULL, "print all formats, and how to use each" },
	{}
};

static int take(struct args *a, int c, const char *value)
{
	switch (c) {
	case 'c':
		a->j.file = value;
		break;
	case 'f':
		a->has_format = true;
		return set_format(&a->one, value);
	case 'o':
		a->one.file = value;
		if (*value)
			break;
		errx("--output is empty");
		return EXIT_USAGE;
	case 'q':
		a->o.is_quiet = true;
		break;
	case OPT_RELOAD:
		return set_reload(a, value);
	case OPT_LOG:
		a->o.has_log = true;
		return cmd_log_max(value, &a->o.log_max);
	case OPT_ALL:
		a->is_all = true;
		break;
	case OPT_JSON:
		a->o.is_json = true;
		break;
	case OPT_ORIGIN:
		a->origin = value;
		break;
	case OPT_CLOSE:
		a->o.is_closing = true;
		break;
	case OPT_FORGET:
		a->forget = value;
		break;
	case OPT_RELOAD_BY:
		a->o.reload_by = value;
		break;
	case OPT_ANSWER:
		a->is_answer = true;
		break;
	case OPT_WHITE:
		a->one.is_white = true;
		break;
	case OPT_UNVERIFIED:
		a->one.is_unverified = true;
		break;
	case OPT_ALLOW:
		return add_allow(&a->j.options, value);
	case OPT_AT:
		return cmd_time(value, &a->j.options.at);
	}
	return EXIT_DONE;
}

/* Options that exclude each other. */
static int check(const struct args *a)
{
	const struct list *l = &a->one;

	if (a->forget && (a->is_all || a->has_format || l->file || l->reload || a->o.is_json))
		errx("--forget writes no list: it stands alone");
	else if (a->is_answer && (a->is_all || a->has_format || l->file || a->forget))
		errx("--answer writes no list: it stands alone");
	else if (a->origin && (a->is_all || l->reload || l->is_unverified || a->o.is_json || a->o.is_closing ||
			       a->j.options.allows || a->j.options.at || a->forget || a->is_answer || l->is_white))
		errx("--origin judges no source: it takes only --config, --format and --output");
	else if (l->is_white && (a->is_all || l->is_unverified || a->o.is_closing || a->j.options.allows))
		errx("--white lists senders to let in: not with --all, --unverified, --close or --allow");
	else if (l->is_white && !l->format->takes_white)
		errx("'%s' has no form that lets a sender in: not with --white", l->format->name);
	else if (a->o.is_closing && (l->is_unverified || a->j.options.at))
		errx("--close empties a list: neither with --unverified nor with --at");
	else if (a->o.is_closing && !a->is_all && !l->file)
		errx("--close needs --all, or --output");
	else if (a->o.reload_by && !a->is_all)
		errx("--reload-by is for the lists of the configuration: it needs --all");
	else if (a->is_all && (a->has_format || l->file || l->reload))
		errx("--all takes formats, files and commands from the configuration");
	else if (l->is_unverified && a->is_all)
		errx("--all writes lists that block mail: not with --unverified");
	else if (l->is_unverified && !l->format->takes_unverified)
		errx("'%s' is a format that blocks mail: not with --unverified",
		     l->format->name);
	else if (!a->is_all && !l->file && (l->reload || a->o.is_json))
		errx("%s needs --output",
		     l->reload ? "--reload-command" : "--json");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

static int forget(const char *file)
{
	int error = forget_list(options.state_dir, file);

	return error ? cmd_failed(error) : EXIT_DONE;
}

/* Of standard input, whatever else it may send: a request is a line. */
static int read_request(char request[RELOAD_REQUEST])
{
	size_t used = 0;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, request + used, RELOAD_REQUEST - 1 - used);
		used += n > 0 ? n : 0;
		request[used] = '\0';
	} while ((n > 0 || (n < 0 && errno == EINTR)) && !strchr(request, '\n'));
	if (strchr(request, '\n'))
		return EXIT_DONE;
	errx("no whole line on standard input: --answer is for nolist-xdp-reload@.service");
	return EXIT_FAILED;
}

/* Runs one reload command; which one it is the configuration says, not the request. */
static int answer(struct cmd_judging *j)
{
	char request[RELOAD_REQUEST], text[RELOAD_ANSWER];
	int error, status = cmd_judging_conf(j);

	if (!status && (error = configured_check(&j->conf)))
		status = cmd_failed(error);
	if (!status)
		status = read_request(request);
	if (status)
		return status;
	error = reload_answer(&j->conf, request, text);
	if (error)
		return cmd_failed(error);
	fputs(text, stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

/* In the units "run" and these are processes of their own. */
static int run_args(struct args *a)
{
	struct waiting w = {};
	bool is_failed = true;
	int status;

	if ((a->is_answer || a->o.reload_by) && !a->j.file)
		a->j.file = in_force_hold();
	if (a->origin)
		return dump_origin(a->j.file, a->origin, a->one.format->name, a->one.file);
	if (a->forget)
		return forget(a->forget);
	if (a->is_answer)
		return answer(&a->j);
	if (a->is_all)
		waiting_take(&w);
	status = run(&a->j, a->is_all ? NULL : &a->one, &a->o, &is_failed);
	waiting_answer(&w, status == EXIT_WARNED && !is_failed ? EXIT_DONE : status);
	return status;
}

int cmd_dump(int argc, char **argv)
{
	struct args a = { .one.format = formats[0], .o.log_max = CHANGELOG_MAX };
	bool is_listing = false;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		is_listing |= c == OPT_LIST;
		status = take(&a, c, optarg);
	}
	if (!status && c < 0)
		status = -1 - c;
	else if (!status && !cmd_is_end(argc, argv))
		status = EXIT_USAGE;
	else if (!status && is_listing)
		status = list_formats(a.one.is_white);
	else if (!status && !(status = check(&a)))
		status = run_args(&a);
	cmd_judging_close(&a.j);
	free(a.reload);
	free((void *)a.one.reload);
	return status;
}
