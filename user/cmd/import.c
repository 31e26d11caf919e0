// SPDX-License-Identifier: GPL-2.0-only
/*
 * import: contacts that another host has logged, such as a real MX elsewhere, as lines of
 * an address and a time, or that MX's log as it is. They go into the store as an epoch of
 * their own, in UTC. The lines are not trusted: one that is malformed is counted, its number
 * is printed, and never its words.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/addr.h"
#include "user/base/failure.h"
#include "user/cmd/cmd.h"
#include "user/cmd/import_spam.h"
#include "user/config/conf.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/maillog/deliveries.h"
#include "user/maillog/lines.h"
#include "user/store/store.h"

struct import {
	struct store *store;
	struct store_row row;
	struct store_epoch epoch;
	int role;
	enum stored_import what; /* of a line of an address and a time */
	int64_t now;
	unsigned long line, imported, future, old, malformed, malformed_line;
	unsigned long strange, strange_line; /* malformed, unless it is a mail server's log */
	struct audit log;
};

/* --- a line ------------------------------------------------------------------ */

static int keep_line(struct import *im, const struct nolist_addr *addr, int64_t time,
		     enum stored_import what)
{
	static const enum store_count counts[] = { [IMPORT_LOW] = COUNT_LOW, [IMPORT_DATA] = COUNT_DATA,
						   [IMPORT_ACCEPTED] = COUNT_ACCEPTED };
	struct nolist_source src = addr_source(addr);
	int ret, family = !addr_is_ip4(addr);
	uint32_t at = time + 1;

	im->row.key = pack_key(&src);
	ret = store_get(im->store, &im->row);
	if (ret < 0)
		return ret;
	if (im->role == NOLIST_REAL && at > im->epoch.real_s[family])
		im->epoch.real_s[family] = im->epoch.data_s[family] = at;
	im->imported++;
	if (!stored_import(&im->row.stored, what, at))
		return 0;
	ret = store_put(im->store, &im->row);
	if (ret)
		return ret;
	return store_count_more(im->store, counts[what], time / HOUR_S, 1);
}

static void note(unsigned long *count, unsigned long *first, unsigned long line)
{
	if (!(*count)++)
		*first = line;
}

/* Not an address and a time: a line of a mail server's log, perhaps. */
static int take_log_line(struct import *im, const struct maillog_read_line *line)
{
	enum maillog_kind kind = MAILLOG_OTHER;
	int error = 0;

	if (im->role == NOLIST_REAL) {
		kind = line->log.kind;
		error = audit_take(&im->log, &line->log, line->example);
	}
	if (kind == MAILLOG_OTHER)
		note(&im->strange, &im->strange_line, im->line);
	else if (kind == MAILLOG_UNREAD)
		note(&im->malformed, &im->malformed_line, im->line);
	return error;
}

static int take_contact(struct import *im, const struct maillog_read_line *line)
{
	if (line->time > im->now)
		im->future++;
	else if (line->time <= im->now - STORED_HOURS * (int64_t)HOUR_S)
		im->old++;
	else
		return keep_line(im, &line->addr, line->time, im->what);
	return 0;
}

static int take_line(struct import *im, const struct maillog_read_line *line)
{
	im->line++;
	switch (line->form) {
	case FORM_BLANK:
		break;
	case FORM_BAD:
		note(&im->malformed, &im->malformed_line, im->line);
		break;
	case FORM_CONTACT:
		return take_contact(im, line);
	case FORM_LOG:
		return take_log_line(im, line);
	}
	return 0;
}

/* --- the file ---------------------------------------------------------------- */

static int take_lines(struct import *im, FILE *f, const char *name)
{
	struct maillog_lines lines = { .file = f, .now = im->now, .maillog = im->log.maillog,
				       .has_contacts = true };
	struct maillog_read_line line;
	int error = maillog_lines_start(&lines);

	while (!error && maillog_lines_next(&lines, &line))
		error = take_line(im, &line);
	if (error) {
		confined_stop(&lines.reader);
		return error;
	}
	error = maillog_lines_end(&lines);
	return !error || error == -EPROTO ? error : fail(error, "cannot read '%s'", name);
}

/* Sources that were refused, by the hour: a log that is read again has as many. */
static int keep_refused(struct import *im)
{
	const struct audit *log = &im->log;
	int64_t hour = 0;
	uint64_t n = 0;
	size_t i;
	int error = 0;

	/* Events are in the order of time, but for some that are a little late. */
	for (i = 0; i <= log->events && !error; i++) {
		if (i < log->events && !log->event[i].is_refusal)
			continue;
		if (i < log->events && log->event[i].at / HOUR_S == hour) {
			n++;
			continue;
		}
		error = store_count_most(im->store, COUNT_REFUSED, hour, n);
		hour = i < log->events ? log->event[i].at / HOUR_S : 0;
		n = 1;
	}
	return error;
}

/* The deliveries of a log; what else is in it is no fault then. */
static int take_log(struct import *im)
{
	size_t i;
	int error = 0;

	if (!im->log.known) {
		if (im->strange && (!im->malformed || im->strange_line < im->malformed_line))
			im->malformed_line = im->strange_line;
		im->malformed += im->strange;
		return 0;
	}
	for (i = 0; i < im->log.events && !error; i++)
		if (!im->log.event[i].is_refusal)
			error = keep_line(im, &im->log.event[i].source->src.addr,
					  im->log.event[i].at, IMPORT_ACCEPTED);
	return error ? error : keep_refused(im);
}

static int import_all(struct import *im, FILE *f, const char *name)
{
	static const struct epoch imported = { .boot = EPOCH_IMPORTED };
	const struct store_epoch *epochs;
	size_t i, n;
	int error;

	error = store_begin(im->store);
	if (error)
		return error;
	im->row.epoch = store_epoch(im->store, &imported);
	if (im->row.epoch < 0)
		return im->row.epoch;
	n = store_epochs(im->store, &epochs);
	for (i = 0; i + 1 < n && epochs[i].id != im->row.epoch; i++)
		;
	im->epoch = epochs[i];
	im->epoch.seen_s = im->now + 1;
	error = take_lines(im, f, name);
	if (!error)
		error = take_log(im);
	if (!error)
		error = store_set_epoch(im->store, &im->epoch);
	return error;
}

static const char *lines(unsigned long n)
{
	return n == 1 ? "line" : "lines";
}

/* true: lines were refused. */
static bool warn_refused(const struct import *im)
{
	if (im->future)
		warn("%lu %s refused: timestamp in the future", im->future, lines(im->future));
	if (im->old)
		warn("%lu %s refused: older than 35 days", im->old, lines(im->old));
	if (im->log.outside)
		warn("%zu lines of the log are left out: in the future, or older than 35 days",
		     im->log.outside);
	if (im->malformed) {
		warn("%lu %s refused: not an address and a time; the first is line %lu",
		     im->malformed, lines(im->malformed), im->malformed_line);
		hint("such as \"203.0.113.7 2026-01-02T03:04:05Z\"%s",
		     im->role == NOLIST_REAL ? ", or the log of postfix or exim as it is" : "");
	}
	return im->future || im->old || im->malformed || im->log.outside;
}

static int finish(struct import *im)
{
	int error;

	if (im->malformed && !im->imported) {
		printf("0 lines imported\n");
		warn_refused(im);
		return EXIT_FAILED;
	}
	error = store_commit(im->store);
	if (error)
		return cmd_failed(error);
	if (im->log.known)
		printf("%lu contacts imported, with those of %zu messages in a log\n", im->imported,
		       im->log.messages);
	else
		printf("%lu %s imported\n", im->imported, lines(im->imported));
	return warn_refused(im) ? EXIT_WARNED : EXIT_DONE;
}

static int run(struct import *im, const char *name)
{
	struct pack_hour hour[STORED_HOURS];
	FILE *f = cmd_open(name);
	int error, status;

	if (!f)
		return EXIT_USAGE;
	im->row.stored.hour = hour;
	im->now = time(NULL);
	im->log.now = im->now;
	im->log.from = im->now - STORED_HOURS * (int64_t)HOUR_S + 1;
	error = audit_start(&im->log);
	if (!error)
		error = store_open(&im->store, options.state_dir, STORE_WRITE);
	if (!error)
		error = import_all(im, f, name);
	status = error ? cmd_failed(error) : finish(im);
	store_close(im->store);
	audit_free(&im->log);
	if (f != stdin)
		fclose(f);
	return status;
}

/* --- the command line -------------------------------------------------------- */

static const struct cmd_option opts[] = {
	{ "role", 256, "ROLE", "low, real, or accepted (at the real MX, after all its filters)" },
	{ "spam", 257, NULL, "FILE is a log of rspamd or SpamAssassin; counts for the tarpit only" },
	{}
};

/* The file that is named, alone; NULL: after printing the error. */
static const char *one_file(int argc, char **argv)
{
	if (optind == argc - 1)
		return argv[optind];
	errx(optind == argc ? "no file given" : "one file at a time");
	return NULL;
}


int cmd_import(int argc, char **argv)
{
	struct import im = {};
	bool is_accepted, is_spam = false;
	const char *name;
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 257) {
			is_spam = true;
			continue;
		}
		is_accepted = !strcmp(optarg, "accepted");
		im.role = is_accepted ? NOLIST_REAL : conf_role_parse(optarg);
		if (im.role != NOLIST_LOW && im.role != NOLIST_REAL) {
			errx("--role: '%s' is not low, real or accepted", optarg);
			return EXIT_USAGE;
		}
		im.what = is_accepted ? IMPORT_ACCEPTED :
			  im.role == NOLIST_REAL ? IMPORT_DATA : IMPORT_LOW;
	}
	if (c < 0)
		return -1 - c;
	if (im.role && is_spam) {
		errx("--role and --spam exclude each other");
		return EXIT_USAGE;
	}
	if (!im.role && !is_spam) {
		errx("neither --role nor --spam given");
		hint("--role real: sources that delivered mail; --role accepted: the same, after all "
		     "filters; --role low: sources that the low fake refused");
		return EXIT_USAGE;
	}
	name = one_file(argc, argv);
	if (!name)
		return EXIT_USAGE;
	return is_spam ? cmd_import_spam(name) : run(&im, name);
}
