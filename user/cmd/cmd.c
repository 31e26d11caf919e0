// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all commands have in common: the options that every command takes, one parser for
 * the options of each, and the help, which is printed from the tables. Not in main.c, so
 * that tests can link the commands without it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/similar.h"
#include "user/base/text.h"
#include "user/base/version.h"

static const struct cmd no_commands[] = { {} };
static const struct cmd *table = no_commands;

struct options options = { .pin_dir = DEFAULT_PIN_DIR, .state_dir = DEFAULT_STATE_DIR };

enum { OPT_PIN_DIR = 1024, OPT_STATE_DIR, OPT_HELP = 'h', OPT_VERSION = 'V' };

#define OPTS_MAX 64 /* options of one command, and the common ones */

static const struct cmd_option common[] = {
	{ "pin-dir", OPT_PIN_DIR, "DIR", "where tables are pinned (" DEFAULT_PIN_DIR ")" },
	{ "state-dir", OPT_STATE_DIR, "DIR", "where state is stored (" DEFAULT_STATE_DIR ")" },
	{ "verbose", 'v', NULL, "also print messages of libbpf and libxdp" },
	{ "help", OPT_HELP, NULL, "print this help" },
	{ "version", OPT_VERSION, NULL, "version of the tool" },
	{}
};

static void print_options(const struct cmd_option *o)
{
	char text[64];

	for (; o->name; o++) {
		int n = 0;

		if (o->letter < 256)
			n = snprintf(text, sizeof(text), "-%c, ", o->letter);
		snprintf(text + n, sizeof(text) - n, "--%s%s%s", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		printf("  %-24s %s\n", text, o->help);
	}
}

static void print_help(const char *name, const struct cmd_option *opts)
{
	const struct cmd *c;

	for (c = table; c->name && (!name || strcmp(c->name, name)); c++)
		;
	if (c->name) {
		printf("usage: nolist-xdp %s%s%s\n%s\n", c->name, *c->args ? " " : "", c->args,
		       c->help);
		if (opts[0].name)
			printf("\noptions of %s:\n", c->name);
		print_options(opts);
	} else {
		printf("usage: nolist-xdp COMMAND [OPTION]...\n\ncommands:\n");
		for (c = table; c->name; c++)
			printf("  %-24s %s\n", c->name, c->help);
	}
	printf("\noptions of every command:\n");
	print_options(common);
	if (!name)
		printf("\nFor details see \"nolist-xdp help COMMAND\" and nolist-xdp(8)\n");
}

/* Adds the rows of o to both forms that getopt_long() needs. */
static void add_options(const struct cmd_option *o, struct option *longs, char *shorts)
{
	for (; longs->name; longs++)
		;
	shorts += strlen(shorts);
	for (; o->name; o++, longs++) {
		*longs = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL,
					  o->letter };
		if (o->letter < 256) {
			*shorts++ = o->letter;
			if (o->arg)
				*shorts++ = ':';
		}
	}
	*shorts = '\0';
}

/* Handles an option that every command takes; 0 if letter is not one of these. */
static int take_common(int letter)
{
	switch (letter) {
	case OPT_PIN_DIR:
		options.pin_dir = optarg;
		return 1;
	case OPT_STATE_DIR:
		options.state_dir = optarg;
		return 1;
	case 'v':
		log_set_verbose();
		return 1;
	default:
		return 0;
	}
}

/* What one command leaves the next one must find, whatever directory it is run from. */
static bool is_whole(const char *option, const char *path)
{
	if (*path != '/')
		errx("%s: '%s' is not an absolute path: it begins with '/'", option, path);
	return *path == '/';
}

static void try_options(struct similar *s, const struct cmd_option *o)
{
	for (; o->name; o++)
		similar_try(s, o->name);
}

/* "--prob=5" is said as it was typed, but compared without its value. */
static void unknown_option(const char *option, const struct cmd_option *opts)
{
	struct similar s;
	char name[64];

	/* Of a long option optopt is 0, or it has a value that it does not take. */
	if (optopt && optopt < 256 && (strncmp(option, "--", 2) || !strchr(option, '='))) {
		errx("unknown option '-%c'", optopt);
		return;
	}
	snprintf(name, sizeof(name), "%s", option + 2);
	name[strcspn(name, "=")] = '\0';
	similar_start(&s, name);
	try_options(&s, opts);
	try_options(&s, common);
	if (s.best)
		errx("unknown option '%s': did you mean '--%s'?", option, s.best);
	else
		errx("unknown option '%s'", option);
}

static int getopt_of(const char *name, int argc, char **argv, const struct cmd_option *opts,
		     const char *order)
{
	struct option longs[OPTS_MAX] = {};
	char shorts[2 * OPTS_MAX];
	int c;

	strcpy(shorts, order);
	add_options(opts, longs, shorts);
	add_options(common, longs, shorts);
	opterr = 0;
	do {
		c = getopt_long(argc, argv, shorts, longs, NULL);
	} while (take_common(c));
	switch (c) {
	case -1:
		return is_whole("--pin-dir", options.pin_dir) &&
				       is_whole("--state-dir", options.state_dir) ?
			       0 :
			       -1 - EXIT_USAGE;
	case OPT_HELP:
		print_help(name, opts);
		return -1 - EXIT_DONE;
	case OPT_VERSION:
		printf("nolist-xdp %s\n", nolist_version);
		return -1 - EXIT_DONE;
	case ':':
		errx("option '%s' needs a value", argv[optind - 1]);
		break;
	case '?':
		unknown_option(argv[optind - 1], opts);
		break;
	default:
		return c;
	}
	hint("\"nolist-xdp %s%s--help\" lists the options", name ? name : "", name ? " " : "");
	return -1 - EXIT_USAGE;
}

int cmd_getopt(int argc, char **argv, const struct cmd_option *opts)
{
	return getopt_of(argv[0], argc, argv, opts, ":");
}

/* Evidence is stored for 35 days; a listing that is to come is asked for rather sooner. */
#define PAST_MAX (400ll * DAY_S)
#define FUTURE_MAX (3650ll * DAY_S)

int cmd_time(const char *text, int64_t *at)
{
	char said[TEXT_TIME];
	int64_t now = time(NULL);

	if (text_time_parse(text, at)) {
		errx("'%s' is not a time", text);
		hint("seconds since 1970, or 2026-01-02T03:04:05Z");
		return EXIT_USAGE;
	}
	if (*at >= now - PAST_MAX && *at <= now + FUTURE_MAX)
		return EXIT_DONE;
	errx("'%s' is %s: there can be no evidence of that time", text, text_time(*at, said));
	hint("evidence is stored for 35 days");
	return EXIT_USAGE;
}

int cmd_log_max(const char *text, size_t *max)
{
	size_t digits = strspn(text, "0123456789");

	*max = strtoul(text, NULL, 10);
	if (digits && digits < 7 && !text[digits])
		return EXIT_DONE;
	errx("'%s' is not a number up to 999999", text);
	return EXIT_USAGE;
}

bool cmd_is_end(int argc, char **argv)
{
	if (optind < argc)
		errx("unexpected argument '%s'", argv[optind]);
	return optind >= argc;
}

FILE *cmd_open(const char *name)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "re") : stdin;
	struct stat st;
	int error = errno;

	/* A directory can be opened, but read() would only fail later. */
	if (f && (fstat(fileno(f), &st) || !S_ISDIR(st.st_mode)))
		return f;
	if (f) {
		error = EISDIR;
		fclose(f);
	}
	err(error, "cannot read '%s'", name);
	if ((error == EACCES || error == EPERM) && geteuid())
		hint("run it as root");
	return NULL;
}

int cmd_failed(int error)
{
	const struct failure *f = failure_of(error);

	failure_print(f);
	if (!*f->hint && (error == -EPERM || error == -EACCES) && geteuid())
		hint("run it as root");
	return f->is_usage ? EXIT_USAGE : EXIT_FAILED;
}

/* --- commands ------------------------------------------------------------------ */

/* What other tools call it. */
static const struct {
	const char *word, *command;
} elsewhere[] = {
	{ "start", "load" },    { "attach", "load" },    { "reload", "load" },
	{ "stop", "unload" },   { "detach", "unload" },  { "list", "show" },
	{ "top", "show" },      { "ls", "show" },        { "why", "explain" },
	{ "export", "dump" },   { "write", "dump" },     { "whitelist", "pardon" },
	{ "allow", "pardon" },  { "delete", "forget" },  { "daemon", "run" },
};

static const struct cmd *find_command(const char *name)
{
	const struct cmd *c;

	for (c = table; c->name && strcmp(c->name, name); c++)
		;
	return c->name ? c : NULL;
}

static int unknown_command(const char *name)
{
	const char *meant = NULL;
	const struct cmd *c;
	struct similar s;
	size_t i;

	for (i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (!strcmp(elsewhere[i].word, name))
			meant = elsewhere[i].command;
	similar_start(&s, name);
	for (c = table; c->name; c++)
		similar_try(&s, c->name);
	if (!meant || !find_command(meant))
		meant = s.best;
	if (meant)
		errx("unknown command '%s': did you mean '%s'?", name, meant);
	else
		errx("unknown command '%s'", name);
	hint("\"nolist-xdp --help\" lists them");
	return EXIT_USAGE;
}

/* "help [COMMAND]" and "version" are words for --help and --version. */
static int run_word(int argc, char **argv)
{
	static const struct cmd_option none[] = { {} };

	if (!strcmp(argv[0], "version")) {
		printf("nolist-xdp %s\n", nolist_version);
		return EXIT_DONE;
	}
	if (argc > 1 && !find_command(argv[1]))
		return unknown_command(argv[1]);
	if (argc > 1)
		return find_command(argv[1])->fn(2, (char *[]){ argv[1], "--help", NULL });
	print_help(NULL, none);
	return EXIT_DONE;
}

static int dispatch(int argc, char **argv)
{
	static const struct cmd_option none[] = { {} };
	const struct cmd *c;
	int status;

	status = getopt_of(NULL, argc, argv, none, "+:");
	if (status < 0)
		return -1 - status;
	if (optind == argc) {
		errx("no command given");
		hint("\"nolist-xdp --help\" lists them");
		return EXIT_USAGE;
	}
	argv += optind;
	argc -= optind;
	optind = 0;
	if (!strcmp(argv[0], "help") || !strcmp(argv[0], "version"))
		return run_word(argc, argv);
	c = find_command(argv[0]);
	if (!c)
		return unknown_command(argv[0]);
	log_command(c->name);
	return c->fn(argc, argv);
}

int cmd_main(const struct cmd *cmds, int argc, char **argv)
{
	int status;

	table = cmds;
	status = dispatch(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		errx("cannot write all of the output");
		return status ? status : EXIT_FAILED;
	}
	return status;
}
