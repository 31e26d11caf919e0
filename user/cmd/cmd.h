/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands, one line each: the contents page of user/.
 *
 * To add a command:
 *   1. user/cmd/WORD.c with int cmd_WORD(int argc, char **argv)
 *   2. its prototype here and its row in the table in main.c
 *   3. its section in user/nolist-xdp.8
 *   4. selftests/tool/WORD.sh
 * selftests/tool/help.sh compares table, man page and README.
 *
 * What would link a resolver or an HTTP server is a program of its own, nolist-xdp-WORD, and
 * the tool only starts it. Then 1. is user/programs/WORD.c with main(), a table of one row and
 * cmd_WORD(); the row in the tool's table has cmd_exec and no synopsis, both have HELP_WORD
 * from here; and the Makefile has the program's sources and libraries.
 */
#ifndef NOLIST_CMD_H
#define NOLIST_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "user/base/state_dir.h"
#include "user/config/conf.h"

/* Exit statuses of every command. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* failed, with the reason on stderr; nothing was changed */
	EXIT_USAGE = 2,  /* the command line or the configuration is wrong; the same */
	EXIT_WARNED = 3, /* done, but not all of it, with a warning on stderr for each */
};

struct cmd {
	const char *name;
	int (*fn)(int argc, char **argv); /* argv[0] is the command's name */
	const char *args;                 /* synopsis, as in the man page */
	const char *help;                 /* one line */
};

/*
 * Runs the command that argv names, of a table that ends with a row without name,
 * and returns its exit status.
 */
int cmd_main(const struct cmd *cmds, int argc, char **argv);

/* Options that every command takes; cmd_getopt() sets them. */
struct options {
	const char *pin_dir;   /* --pin-dir */
	const char *state_dir; /* --state-dir */
};

#define DEFAULT_PIN_DIR "/sys/fs/bpf/nolist-xdp"
#define DEFAULT_STATE_DIR STATE_DIR_DEFAULT

extern struct options options;

/* An option of one command; a table of them ends with a row without name. */
struct cmd_option {
	const char *name; /* --name */
	int letter;       /* its short form; 256 to 1023: it has none */
	const char *arg;  /* the name of its value; NULL: it takes none */
	const char *help; /* one line */
};

/*
 * getopt_long() over the options of a command and those that every command takes, which
 * it handles itself. Returns a letter of opts, with optarg; 0 at the end, with optind at
 * the first argument; -1 - EXIT_STATUS when the command is done (help was printed) or its
 * usage is wrong (the error was printed):
 *
 *	while ((c = cmd_getopt(argc, argv, opts)) > 0)
 *		switch (c) { ... }
 *	if (c < 0)
 *		return -1 - c;
 */
int cmd_getopt(int argc, char **argv, const struct cmd_option *opts);
/* Parse --at TIME and --log N: 0, or an exit status after printing the error. */
int cmd_time(const char *text, int64_t *at);
int cmd_log_max(const char *text, size_t *max);
/* For a command that takes no arguments: true if there are none, else prints an error. */
bool cmd_is_end(int argc, char **argv);
/* Opens a file for reading, or standard input for "-"; NULL after printing the error. */
FILE *cmd_open(const char *name);
/*
 * Prints why a function failed that returned this error (user/base/failure.h). Returns
 * EXIT_USAGE if the administrator's input was wrong, else EXIT_FAILED.
 */
int cmd_failed(int error);

struct files;
/* Prints what could not be used of the configuration's files; true: there is something. */
bool cmd_print_files(const struct files *f);

/* The commands that "run" runs, without a command line; all return an exit status. */
int load_run(const char *file);
/* The same at these interfaces only. */
int load_again(const char *file, const char *const *interface, int n);
int unload_run(void);
int collect_run(const char *file, int log_max); /* -1: the default */
/* All lists, quiet. *is_failed: a list or its reload command has failed. */
int dump_run(const char *file, size_t log_max, bool *is_failed);
int metrics_run(const char *file, int fd, bool is_open);

/* A row of the tool for a command that is a program of its own: replaces this process. */
int cmd_exec(int argc, char **argv);
#define HELP_LINT "judge a domain's MX records as senders and testers will; changes nothing"

#define HELP_PAGE "serve a page that tells listed senders why, without privilege"
#define HELP_SHARE "judge with other nodes: push evidence, judge it all, pull the list"
#define HELP_POLICYD "answer policy requests of a mail server; senders that walked pass"
#define HELP_EXPORTER "serve metrics by HTTP, without privilege, beside run"

int cmd_check(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_origin(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_collect(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_pardon(int argc, char **argv);
int cmd_forget(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);

#endif
