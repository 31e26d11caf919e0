/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands, one line each: the contents page of user/.
 *
 * To add a command:
 *   1. user/cmd_WORD.c with int cmd_WORD(int argc, char **argv)
 *   2. its prototype here and its row in the table in main.c
 *   3. its section in user/nolist-xdp.8
 *   4. selftests/tool_WORD.sh
 * selftests/tool_help.sh compares table, man page and README.
 */
#ifndef NOLIST_CMD_H
#define NOLIST_CMD_H

#include <stdbool.h>

/* Exit statuses of every command. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* said why on stderr, changed nothing */
	EXIT_USAGE = 2,  /* the command line or the configuration is wrong */
};

struct cmd {
	const char *name;
	int (*fn)(int argc, char **argv); /* argv[0] is the command's name */
	const char *args;                 /* synopsis, as in the man page */
	const char *help;                 /* one line */
};

extern const struct cmd cmds[]; /* ends with a row without name */

/*
 * Options that every command takes. cmd_options() takes them, and --help, out of
 * argv and returns the new argc, or -EXIT_STATUS - 1 when the command is done
 * (help was printed) or the usage is wrong (it was said).
 */
struct options {
	const char *pin_dir;   /* --pin-dir */
	const char *state_dir; /* --state-dir */
	bool is_verbose;       /* -v: also libbpf's and libxdp's own messages */
};

#define DEFAULT_PIN_DIR "/sys/fs/bpf/nolist-xdp"
#define DEFAULT_STATE_DIR "/var/lib/nolist-xdp"
#define DEFAULT_CONF "/etc/nolist-xdp.conf"

extern struct options options;

int cmd_load(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_dump(int argc, char **argv);

#endif
