/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command line adds to the configuration, held until the file has been read: for
 * load, and for check, which shows what load would do.
 */
#ifndef NOLIST_CONF_ARGS_H
#define NOLIST_CONF_ARGS_H

#include "user/config/conf.h"

struct conf_args {
	const char *file; /* -c; NULL: the default, if it exists */
	struct conf_added {
		const char *key, *value, *where;
	} *add;
	int adds;
	bool has_interfaces; /* instead of the file's */
};

/* Rows of struct cmd_option for -c and the options that add to its file. */
#define CONF_ARGS_FILE                                                                            \
	{ "config", 'c', "FILE", "configuration file (" DEFAULT_CONF ", if it exists)" }
#define CONF_ARGS_INTERFACE                                                                       \
	{ "interface", 'i', "IFACE", "this interface, instead of the file's; the same as IFACE" }
#define CONF_ARGS_OPTIONS                                                                         \
	{ "low", CONF_ARGS_LOW, "ADDR", "a low fake, besides the file's" },                       \
		{ "real", CONF_ARGS_REAL, "ADDR", "a real MX, besides the file's" },              \
		{ "high", CONF_ARGS_HIGH, "ADDR", "a high fake, besides the file's" },            \
		{ "port", CONF_ARGS_PORT, "N", "a port of the fakes, besides the file's (25)" },  \
		{ "mode", CONF_ARGS_MODE, "MODE", "auto (native, else generic), native or generic" }
enum { CONF_ARGS_LOW = 512, CONF_ARGS_REAL, CONF_ARGS_HIGH, CONF_ARGS_PORT, CONF_ARGS_MODE,
       CONF_ARGS_END };

int conf_args_init(struct conf_args *args, int argc); /* makes space for argc; 0 or -ENOMEM */
void conf_args_free(struct conf_args *args);
void conf_args_add(struct conf_args *args, const char *key, const char *value, const char *where);
/* Takes the rest of the command line as names of interfaces. */
void conf_args_interfaces(struct conf_args *args, int argc, char **argv);
/* Takes an option of the rows above, with its value; false: the letter is none of them. */
bool conf_args_take(struct conf_args *args, int letter, const char *value);
/* Reads the file and the additions: 0, or an exit status, with errors noted in conf. */
int conf_args_read(const struct conf_args *args, struct conf *conf);

/*
 * The configuration of a command that takes just -c FILE (NULL: the default, if it
 * exists): 0, or an exit status after printing the errors. conf_free() is safe afterwards.
 */
int cmd_conf(struct conf *conf, const char *file);

#endif
