// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: what happened in some days, as text for a mail or as a page.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/atomic_file.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/judging.h"
#include "user/report/report.h"

#define DAYS 30

enum { OPT_DAYS = 256, OPT_HTML };

static const struct cmd_option opts[] = {
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" },
	{ "days", OPT_DAYS, "N", "the last N days, up to 732 (30)" },
	{ "html", OPT_HTML, "FILE", "write a page of HTML instead of text; replaces FILE in one step" },
	{}
};

static int set_days(int *days, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	*days = strtol(text, NULL, 10);
	if (digits && digits < 5 && !text[digits] && *days && *days <= REPORT_DAYS_MAX)
		return EXIT_DONE;
	errx("--days: '%s' is not a number from 1 to %d", text, REPORT_DAYS_MAX);
	return EXIT_USAGE;
}

static int to_file(const struct report *r, struct writer *o, const char *file)
{
	struct atomic_file f;
	int error = atomic_file_open(&f, file);

	if (!error)
		error = atomic_file_start(&f, 0644);
	if (error)
		return fail(error, "cannot write '%s'", file);
	writer_open(o, atomic_file_write, &f);
	report_html(r, o);
	error = writer_flush(o);
	if (!error)
		error = atomic_file_commit(&f, time(NULL), false);
	atomic_file_close(&f);
	return error ? fail(error, "cannot write '%s'", file) : 0;
}

static int to_stdout(const struct report *r, struct writer *o)
{
	int error;

	writer_open(o, writer_stdout, NULL);
	report_text(r, o);
	error = writer_flush(o);
	return error ? fail(error, "cannot write all of the output") : 0;
}

static int run(struct cmd_judging *j, int days, const char *html)
{
	static struct writer out;
	static struct report r;
	int error, status = cmd_judging_open(j);

	if (status)
		return status;
	error = report_gather(&r, &j->judge, days);
	if (!error)
		error = html ? to_file(&r, &out, html) : to_stdout(&r, &out);
	return error ? cmd_failed(error) : cmd_judging_status(j, EXIT_DONE);
}

int cmd_report(int argc, char **argv)
{
	struct cmd_judging j = {};
	const char *html = NULL;
	int c, days = DAYS, status = EXIT_DONE;

	while (!status && (c = cmd_getopt(argc, argv, opts)) > 0) {
		if (c == 'c')
			j.file = optarg;
		else if (c == OPT_DAYS)
			status = set_days(&days, optarg);
		else
			html = optarg;
	}
	if (status)
		return status;
	if (c < 0)
		return -1 - c;
	if (html && !*html) {
		errx("--html is empty");
		return EXIT_USAGE;
	}
	if (!cmd_is_end(argc, argv))
		return EXIT_USAGE;
	status = run(&j, days, html);
	cmd_judging_close(&j);
	return status;
}
