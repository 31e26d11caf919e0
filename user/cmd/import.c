// SPDX-License-Identifier: GPL-2.0-only
/*
 * import: contacts that another host has logged, such as a real MX elsewhere, as lines of
 * an address and a time. They go into the store as an epoch of their own, in UTC. The
 * lines are not trusted: one that is malformed is counted, and never printed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/addr.h"
#include "user/cmd/cmd.h"
#include "user/config/conf.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/store/store.h"

#define LINE_MAX_BYTES 1024
#define BLANKS " \t\r"

struct import {
	struct store *store;
	struct store_row row;
	struct store_epoch epoch;
	int role;
	int64_t now;
	unsigned long imported, future, old, malformed;
};

/* --- a line ------------------------------------------------------------------ */

/* After the seconds: a fraction, which is dropped, then Z or +hh:mm. */
static int parse_zone(const char *text, int64_t *offset_s)
{
	static const char digit[] = "0123456789";
	int hours, minutes;

	*offset_s = 0;
	if (*text == '.') {
		size_t digits = strspn(text + 1, digit);

		if (!digits)
			return -EINVAL;
		text += 1 + digits;
	}
	if (!strcmp(text, "Z"))
		return 0;
	/* sscanf() would accept blanks and signs before a number. */
	if ((*text != '+' && *text != '-') || strspn(text + 1, digit) != 2 || text[3] != ':' ||
	    strspn(text + 4, digit) != 2 || text[6] ||
	    sscanf(text + 1, "%2d:%2d", &hours, &minutes) != 2 || hours > 23 || minutes > 59)
		return -EINVAL;
	*offset_s = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return 0;
}

/* Seconds since 1970, or RFC 3339. */
static int parse_time(const char *text, int64_t *time)
{
	char seconds[] = "2026-01-02T03:04:05Z";
	size_t size = sizeof(seconds) - 2;
	int64_t offset_s;

	if (!text_time_parse(text, time))
		return 0;
	if (strlen(text) <= size)
		return -EINVAL;
	memcpy(seconds, text, size);
	/* A leap second counts as the second before it. */
	if (!strcmp(seconds + size - 3, ":60Z"))
		memcpy(seconds + size - 2, "59", 2);
	if (text_time_parse(seconds, time) || parse_zone(text + size, &offset_s))
		return -EINVAL;
	*time -= offset_s;
	return 0;
}

static int parse_line(char *line, struct nolist_addr *addr, int64_t *time)
{
	char *rest, *word = strtok_r(line, BLANKS, &rest);

	if (!word || addr_parse(word, addr))
		return -EINVAL;
	word = strtok_r(NULL, BLANKS, &rest);
	if (!word || parse_time(word, time))
		return -EINVAL;
	return strtok_r(NULL, BLANKS, &rest) ? -EINVAL : 0;
}

static int keep_line(struct import *im, const struct nolist_addr *addr, int64_t time)
{
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
	if (!stored_import(&im->row.stored, im->role == NOLIST_REAL, at))
		return 0;
	return store_put(im->store, &im->row);
}

static int take_line(struct import *im, char *line)
{
	struct nolist_addr addr;
	int64_t time;

	line += strspn(line, BLANKS);
	if (!*line || *line == '#')
		return 0;
	if (parse_line(line, &addr, &time))
		im->malformed++;
	else if (time > im->now)
		im->future++;
	else if (time <= im->now - STORED_HOURS * 3600ll)
		im->old++;
	else
		return keep_line(im, &addr, time);
	return 0;
}

/* --- the file ---------------------------------------------------------------- */

/* A line that is too long, or has a zero byte, is malformed as a whole. */
static int take_lines(struct import *im, FILE *f)
{
	char line[LINE_MAX_BYTES + 1];
	bool is_malformed = false;
	size_t n = 0;
	int c, error = 0;

	do {
		c = getc(f);
		if (c != '\n' && c != EOF) {
			is_malformed |= !c || n == LINE_MAX_BYTES;
			if (!is_malformed)
				line[n++] = c;
			continue;
		}
		line[n] = '\0';
		if (is_malformed)
			im->malformed++;
		else
			error = take_line(im, line);
		is_malformed = false;
		n = 0;
	} while (c != EOF && !error);
	return error;
}

static int import_all(struct import *im, FILE *f)
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
	error = take_lines(im, f);
	if (!error)
		error = store_set_epoch(im->store, &im->epoch);
	return error;
}

static const char *lines(unsigned long n)
{
	return n == 1 ? "line" : "lines";
}

static int finish(struct import *im, FILE *f, const char *name)
{
	int error;

	/* After a read error nothing of the file is imported. */
	if (ferror(f)) {
		err(EIO, "cannot read '%s'", name);
		return EXIT_FAILED;
	}
	error = store_commit(im->store);
	if (error)
		return cmd_failed(error);
	printf("%lu %s imported\n", im->imported, lines(im->imported));
	if (im->future)
		warn("%lu %s refused: timestamp in the future", im->future, lines(im->future));
	if (im->old)
		warn("%lu %s refused: older than 35 days", im->old, lines(im->old));
	if (im->malformed)
		warn("%lu %s refused: not an address and a time", im->malformed, lines(im->malformed));
	return im->malformed && !im->imported ? EXIT_FAILED : EXIT_DONE;
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
	error = store_open(&im->store, options.state_dir, STORE_WRITE);
	if (!error)
		error = import_all(im, f);
	status = error ? cmd_failed(error) : finish(im, f, name);
	store_close(im->store);
	if (f != stdin)
		fclose(f);
	return status;
}

/* --- the command line -------------------------------------------------------- */

static const struct cmd_option opts[] = {
	{ "role", 256, "ROLE", "where the contacts were: low or real" },
	{}
};

int cmd_import(int argc, char **argv)
{
	struct import im = {};
	int c;

	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		im.role = conf_role_parse(optarg);
		if (im.role != NOLIST_LOW && im.role != NOLIST_REAL) {
			errx("'%s' is not low or real", optarg);
			return EXIT_USAGE;
		}
	}
	if (c < 0)
		return -1 - c;
	if (!im.role) {
		errx("no role given");
		hint("--role real: sources that delivered mail; --role low: sources refused at the "
		     "low fake");
		return EXIT_USAGE;
	}
	if (optind != argc - 1) {
		errx(optind == argc ? "no file given" : "one file at a time");
		return EXIT_USAGE;
	}
	return run(&im, argv[optind]);
}
