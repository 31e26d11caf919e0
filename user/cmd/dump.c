// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump: the offenders, for machines. One list to standard output or to a file, or
 * all those that the configuration names; then their readers are told.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lists/changelog.h"
#include "user/cmd/cmd.h"
#include "user/config/keys_lists.h"
#include "user/judge/files.h"
#include "user/lists/list.h"
#include "user/base/log.h"
#include "user/lists/reload.h"

struct dump {
	struct list one;   /* of the command line */
	bool is_all;       /* --all */
	bool is_quiet;     /* --quiet */
	bool is_json;      /* --json */
	bool has_format;   /* --format */
	bool has_log;      /* --log */
	size_t log_max;    /* so many listings, and removals, are told one by one */
	char *reload;      /* words of one.reload */
	struct judge j;
	struct out *json;  /* the summary; NULL: none */
	bool has_told;     /* what is the same for all lists */
};

/* --- what is said ------------------------------------------------------------- */

/* What is the same for all lists, once. */
static void tell_notes(struct dump *d, const struct list *l)
{
	int i;

	if (d->has_told || d->is_quiet)
		return;
	d->has_told = true;
	for (i = 0; i < l->site_notes; i++)
		warn("%s", l->head.note[i]);
	if (l->suspects && !l->is_claimed) {
		warn("%zu that only SYNs speak against are not listed: anyone can forge them",
		     l->suspects);
		hint("--unverified lists them all the same, for eyes");
	}
	if (l->allowed)
		warn("%zu on an allow list are not listed", l->allowed);
	if (l->never)
		warn("%zu on the never-list are not listed", l->never);
	if (l->pardoned)
		warn("%zu pardoned are not listed", l->pardoned);
}

/* How many fuses hold back. */
static size_t held_back(const struct list *l)
{
	size_t held = 0;
	int i;

	for (i = 0; i < FUSES; i++)
		held += l->held_by[i];
	return held;
}

static void tell_fuses(const struct list *l)
{
	const char *name = l->file ? l->file : "the list";
	int i;

	for (i = 0; i < FUSES; i++)
		if (l->held_by[i] && !(i == FUSE_GROWTH && l->note_error))
			warn("'%s': %s: %zu held back: %s", name, fuse_names[i], l->held_by[i],
			     fuse_reasons[i]);
	if (l->held_by[FUSE_GROWTH] && !l->note_error)
		hint("the strongest came first; 'growth' and 'growth-min' let in more");
	if (l->stays)
		warn("'%s': %zu held back were on it before, and stay", name, l->stays);
}

static void tell_list(struct dump *d, const struct list *l)
{
	if (l->is_written && (!d->is_quiet || d->has_log))
		changes_tell(l, &d->j, d->log_max);
	if (d->is_quiet)
		return;
	tell_fuses(l);
	if (l->other)
		warn("%zu IPv6 sources are not listed: '%s' is for IPv4", l->other, l->format->name);
	if (!l->file)
		return;
	if (l->is_kept)
		info("'%s': %zu entries, nothing has changed: left alone", l->file, l->head.count);
	else if (l->is_written)
		info("'%s': %zu entries, %zu added, %zu removed", l->file, l->head.count, l->added,
		    l->removed);
}

static void json_list(struct out *o, const struct list *l, int error)
{
	int i;

	json_open(o, NULL, '{');
	json_text(o, "format", l->format->name);
	json_text(o, "output", l->file);
	if (error)
		json_text(o, "error", strerror(-error));
	else
		json_none(o, "error");
	json_bool(o, "written", l->is_written);
	json_number(o, "entries", l->head.count);
	json_number(o, "added", l->is_written ? l->added : 0);
	json_number(o, "removed", l->is_written ? l->removed : 0);
	if (l->reload && l->is_written)
		json_bool(o, "reloaded", l->is_reloaded);
	else
		json_none(o, "reloaded");
	json_number(o, "stays", l->stays);
	json_open(o, "held_back", '{');
	for (i = 0; i < FUSES; i++)
		json_number(o, fuse_names[i], l->held_by[i]);
	json_close(o, '}');
	json_open(o, "left_out", '{');
	json_number(o, "unverified", l->is_claimed ? 0 : l->suspects);
	json_number(o, "probable", l->probable);
	json_number(o, "held", l->held);
	json_number(o, "allowed", l->allowed);
	json_number(o, "never", l->never);
	json_number(o, "pardoned", l->pardoned);
	json_number(o, "dual_stack", l->dual);
	json_number(o, "family", l->other);
	json_close(o, '}');
	json_close(o, '}');
}

static void json_begin(struct out *o, const struct judge *j)
{
	json_open(o, NULL, '{');
	json_text(o, "type", "dump");
	json_number(o, "schema", JSON_SCHEMA);
	json_number(o, "time", j->now);
	json_open(o, "lists", '[');
}

static int json_end(struct out *o)
{
	int error;

	json_close(o, ']');
	json_close(o, '}');
	out_char(o, '\n');
	error = out_flush(o);
	if (error)
		err(error, "cannot write all of the output");
	return error;
}

/* --- one list ---------------------------------------------------------------- */

static const char *refusal(int error)
{
	switch (error) {
	case -ELOOP:
		return "it, or what leads to it, is a symbolic link that is not followed";
	case -ENOTSUP:
		return "only a regular file is replaced";
	case -EPERM:
		return "anybody can write to its directory, or the file there is somebody else's";
	default:
		return NULL;
	}
}

static void tell_error(const struct list *l, int error)
{
	if (!l->file) {
		err(error, "cannot write all of the list");
		return;
	}
	err(error, "cannot write '%s'", l->file);
	if (refusal(error))
		hint("%s", refusal(error));
}

static int reload(const struct dump *d, struct list *l)
{
	int value;

	switch (reload_run(l->reload, d->j.conf.reload_s, &value)) {
	case RELOAD_DONE:
		l->is_reloaded = true;
		value = list_settle(l);
		if (!value)
			return EXIT_DONE;
		err(value, "'%s': cannot note that '%s' has taken it", l->file, l->reload[0]);
		return EXIT_FAILED;
	case RELOAD_STATUS:
		errx("'%s': '%s' failed: it exited with status %d", l->file, l->reload[0], value);
		break;
	case RELOAD_SIGNAL:
		errx("'%s': '%s' failed: %s", l->file, l->reload[0], strsignal(value));
		break;
	case RELOAD_TIME:
		errx("'%s': '%s' was killed: it took more than %u s", l->file, l->reload[0],
		     d->j.conf.reload_s);
		break;
	case RELOAD_ERROR:
		err(value, "'%s': cannot run '%s'", l->file, l->reload[0]);
		break;
	}
	hint("the list is in its place; the next dump tries again");
	return EXIT_FAILED;
}

static int run_list(struct dump *d, struct list *l)
{
	int error, status = EXIT_DONE;

	l->words = list_words(&d->j.conf);
	l->gone_max = d->log_max;
	error = list_survey(l, &d->j);
	if (!error) {
		tell_notes(d, l);
		if (l->note_error) {
			cmd_failed(l->note_error);
			warn("'%s': nobody is added, since it cannot be kept how many were", l->file);
		}
		error = l->file ? list_write(l, &d->j) : list_print(l, &d->j);
	}
	if (error) {
		tell_error(l, error);
		status = EXIT_FAILED;
	} else {
		tell_list(d, l);
		if (l->reload && l->is_written)
			status = reload(d, l);
	}
	if (!status && held_back(l))
		status = EXIT_HELD;
	if (d->json)
		json_list(d->json, l, error);
	list_free(l);
	return status;
}

/* --- all lists --------------------------------------------------------------- */

static int set_format(struct list *l, const char *name)
{
	l->format = output_find(name);
	if (l->format)
		return EXIT_DONE;
	errx("unknown format '%s'", name);
	hint("\"nolist-xdp dump --list-formats\" lists them");
	return EXIT_USAGE;
}

/* Nothing is written if one of them is wrong; if one fails, the others still are. */
static int run_all(struct dump *d)
{
	const struct conf *c = &d->j.conf;
	int i, status = files_lists(c), failed;
	struct list l;

	if (status)
		return status;
	for (i = 0; i < c->lists; i++) {
		l = (struct list){
			.format = output_find(c->list[i].argv[0]),
			.file = c->list[i].argv[1],
			.reload = c->list[i].argv[2] ? c->list[i].argv + 2 : NULL,
		};
		failed = run_list(d, &l);
		if (failed && (!status || status == EXIT_HELD))
			status = failed;
	}
	if (!c->lists) {
		errx("the configuration names no list");
		hint("list = { \"FORMAT FILE COMMAND...\" }");
		status = EXIT_USAGE;
	}
	return status;
}

static int run(struct dump *d, const struct judge_options *jo)
{
	int status = judge_open(&d->j, jo);

	if (!status && d->is_json) {
		d->json = malloc(sizeof(*d->json));
		if (!d->json) {
			err(ENOMEM, "cannot write a list");
			status = EXIT_FAILED;
		} else {
			out_open(d->json, out_stdout, NULL);
			json_begin(d->json, &d->j);
		}
	}
	if (!status) {
		status = d->is_all ? run_all(d) : run_list(d, &d->one);
		if (d->json && json_end(d->json))
			status = EXIT_FAILED;
	}
	judge_close(&d->j);
	free(d->json);
	return status;
}

/* --- the command line -------------------------------------------------------- */

static int list_formats(void)
{
	const struct output *o;

	for (o = outputs; o->name; o++)
		printf("%-12s for %s\n%-12s %s\n", o->name, o->reader, "", o->usage);
	return EXIT_DONE;
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

static int set_reload(struct dump *d, const char *command)
{
	char **argv;

	if (d->one.reload) {
		errx("one --reload-command only");
		return EXIT_USAGE;
	}
	if (conf_split(command, &d->reload, &argv)) {
		err(ENOMEM, "cannot run '%s'", command);
		return EXIT_FAILED;
	}
	d->one.reload = argv;
	if (*argv)
		return EXIT_DONE;
	errx("--reload-command is empty");
	return EXIT_USAGE;
}

enum { OPT_UNVERIFIED = 256, OPT_ALLOW, OPT_AT, OPT_LIST, OPT_RELOAD, OPT_ALL, OPT_JSON,
       OPT_LOG };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "format", 'f', "FORMAT", "see --list-formats; plain unless given" },
	{ "output", 'o', "FILE", "replace FILE in one step; standard output unless given" },
	{ "reload-command", OPT_RELOAD, "CMD", "run CMD when FILE was replaced, no shell" },
	{ "all", OPT_ALL, NULL, "write all lists that the configuration names" },
	{ "unverified", OPT_UNVERIFIED, NULL, "list also on SYNs alone, which anyone can forge" },
	{ "allow", OPT_ALLOW, "FILE", "never list the addresses and prefixes in FILE" },
	{ "at", OPT_AT, "TIME", "judge as of TIME: seconds since 1970, or 2026-01-02T03:04:05Z" },
	{ "quiet", 'q', NULL, "tell of failures only" },
	{ "log", OPT_LOG, "N", "name up to N listings and N removals of a list, also with --quiet" },
	{ "json", OPT_JSON, NULL, "tell on standard output what was done, as JSON" },
	{ "list-formats", OPT_LIST, NULL, "what there is, what reads it, and how" },
	{}
};

static int take(struct dump *d, struct judge_options *jo, int c, const char *value)
{
	switch (c) {
	case 'c':
		jo->conf = value;
		break;
	case 'f':
		d->has_format = true;
		return set_format(&d->one, value);
	case 'o':
		d->one.file = value;
		if (*value)
			break;
		errx("--output is empty");
		return EXIT_USAGE;
	case 'q':
		d->is_quiet = true;
		break;
	case OPT_RELOAD:
		return set_reload(d, value);
	case OPT_LOG:
		d->has_log = true;
		return changes_max(value, &d->log_max);
	case OPT_ALL:
		d->is_all = true;
		break;
	case OPT_JSON:
		d->is_json = true;
		break;
	case OPT_UNVERIFIED:
		d->one.is_claimed = true;
		break;
	case OPT_ALLOW:
		return add_allow(jo, value);
	case OPT_AT:
		jo->at = value;
		break;
	}
	return EXIT_DONE;
}

/* What cannot be asked together. */
static int check(const struct dump *d)
{
	const struct list *l = &d->one;

	if (d->is_all && (d->has_format || l->file || l->reload))
		errx("--all takes formats, files and commands from the configuration");
	else if (l->is_claimed && d->is_all)
		errx("--all is for machines that refuse mail: not with --unverified");
	else if (l->is_claimed && !l->format->takes_claimed)
		errx("'%s' is read by machines that refuse mail: not with --unverified",
		     l->format->name);
	else if (!d->is_all && !l->file && (l->reload || d->is_json))
		errx("%s is about a file: not without --output",
		     l->reload ? "--reload-command" : "--json");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

int cmd_dump(int argc, char **argv)
{
	struct dump d = { .one.format = outputs, .log_max = CHANGES_MAX };
	struct judge_options jo = {};
	bool is_listing = false;
	int c, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		is_listing |= c == OPT_LIST;
		status = take(&d, &jo, c, optarg);
	}
	if (!status && c < 0)
		status = -1 - c;
	else if (!status && !cmd_is_end(argc, argv))
		status = EXIT_USAGE;
	else if (!status && is_listing)
		status = list_formats();
	else if (!status && !(status = check(&d)))
		status = run(&d, &jo);
	free(jo.allow);
	free(d.reload);
	free((void *)d.one.reload);
	return status;
}
