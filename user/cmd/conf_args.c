// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of a command: its file, and what options add to it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/base/log.h"

int conf_args_init(struct conf_args *args, int argc)
{
	*args = (struct conf_args){ .add = calloc(argc + 1, sizeof(*args->add)) };
	return args->add ? 0 : -ENOMEM;
}

void conf_args_free(struct conf_args *args)
{
	free(args->add);
	args->add = NULL;
}

void conf_args_add(struct conf_args *args, const char *key, const char *value, const char *where)
{
	args->add[args->adds++] = (struct conf_added){ key, value, where };
}

static void add_interface(struct conf_args *args, const char *name, const char *where)
{
	args->has_interfaces = true;
	conf_args_add(args, "interface", name, where);
}

void conf_args_interfaces(struct conf_args *args, int argc, char **argv)
{
	for (; optind < argc; optind++)
		add_interface(args, argv[optind], "argument");
}

bool conf_args_take(struct conf_args *args, int letter, const char *value)
{
	static const char *const names[] = { "--low", "--real", "--high", "--port", "--mode" };

	if (letter == 'c')
		args->file = value;
	else if (letter == 'i')
		add_interface(args, value, "-i");
	else if (letter >= CONF_ARGS_LOW && letter < CONF_ARGS_END)
		conf_args_add(args, names[letter - CONF_ARGS_LOW] + 2, value,
			      names[letter - CONF_ARGS_LOW]);
	else
		return false;
	return true;
}

int conf_args_read(const struct conf_args *args, struct conf *conf)
{
	const char *file = args->file;
	char name[256] = "";
	int i, ret = 0;

	conf_init(conf);
	if (!file && !access(DEFAULT_CONF, F_OK))
		file = DEFAULT_CONF;
	if (file)
		ret = conf_read(conf, file);
	if (ret && !conf->errors)
		return cmd_failed(conf_unreadable(file, ret));
	if (args->has_interfaces)
		conf_drop_interfaces(conf);
	for (i = 0; i < args->adds; i++)
		conf_add(conf, args->add[i].key, args->add[i].value, args->add[i].where);
	if (!conf->name && !gethostname(name, sizeof(name) - 1))
		conf_add(conf, "name", name, "host name");
	return conf_check(conf) ? EXIT_USAGE : 0;
}

int cmd_conf(struct conf *conf, const char *file)
{
	int error = conf_open(conf, file);

	if (!error)
		return EXIT_DONE;
	if (!conf->errors)
		return cmd_failed(error);
	conf_print_notes(conf, false);
	return EXIT_USAGE;
}
