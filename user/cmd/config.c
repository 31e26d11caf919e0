// SPDX-License-Identifier: GPL-2.0-only
/*
 * config: each key with its value in force and where that comes from, in a form that can be
 * loaded again.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/duration.h"
#include "user/base/json.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"

enum { OPT_JSON = 256 };

static const struct cmd_option opts[] = {
	CONF_ARGS_FILE,
	CONF_ARGS_INTERFACE,
	CONF_ARGS_OPTIONS,
	{ "json", OPT_JSON, NULL, "one JSON document, for scripts" },
	{}
};

/* --- one value ----------------------------------------------------------------- */

/* A key whose default has a unit is a time: it is printed in one form, however it was given. */
static const char *value_text(const char *value, const char *initial, char text[DURATION_TEXT])
{
	int64_t s;

	if (!initial || !strpbrk(initial, "dhms") || duration_parse(initial, &s) ||
	    duration_parse(value, &s))
		return value;
	return duration_text(s, text);
}

static bool is_bare(const char *value)
{
	return *value && !value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "abcdefghijklmnopqrstuvwxyz0123456789.:/_-")] &&
	       !strstr(value, "//");
}

/* In quotes as the file's parser reads them; '${' is only text between single ones. */
static void print_quoted(const char *value)
{
	char quote = strstr(value, "${") ? '\'' : '"';

	putchar(quote);
	for (; *value; value++) {
		unsigned char c = *value;

		if (c == quote || c == '\\')
			printf("\\%c", c);
		else if (quote == '"' && (c < 0x20 || c >= 0x7f))
			printf("\\x%02x", c);
		else
			putchar(c < 0x20 || c >= 0x7f ? '?' : c);
	}
	putchar(quote);
}

static void print_text(struct writer *o, const char *key, const char *value, const char *origin)
{
	(void)o;
	if (!value) {
		printf("#%s =\t# not given\n", key);
		return;
	}
	printf("%s = ", key);
	if (is_bare(value))
		printf("%s", value);
	else
		print_quoted(value);
	printf("\t# ");
	text_name(origin, 0);
	putchar('\n');
}

static void print_json(struct writer *o, const char *key, const char *value, const char *origin)
{
	json_open(o, NULL, '{');
	json_text(o, "key", key);
	if (value) {
		json_text(o, "value", value);
		json_text(o, "origin", origin);
	} else {
		json_none(o, "value");
		json_none(o, "origin");
	}
	json_close(o, '}');
}

/* --- all of them --------------------------------------------------------------- */

typedef void print_fn(struct writer *o, const char *key, const char *value, const char *origin);

static void print_key(struct writer *o, const struct conf *conf, unsigned int key, print_fn *print)
{
	char text[CONF_DEFAULT], time[DURATION_TEXT];
	const char *initial = conf_key_default(key, text);
	bool is_given = false;
	int i;

	for (i = 0; i < conf->givens; i++) {
		const struct conf_given *g = &conf->given[i];

		if (g->key != key)
			continue;
		is_given = true;
		print(o, conf_key(key), value_text(g->value, initial, time), g->where);
	}
	if (!is_given)
		print(o, conf_key(key), initial, "default");
}

static int json_all(const struct conf *conf)
{
	static struct writer out;
	struct writer *o = &out;
	unsigned int key;
	int error;

	writer_open(o, writer_stdout, NULL);
	json_open(o, NULL, '{');
	json_begin(o, "config");
	json_open(o, "settings", '[');
	for (key = 0; conf_key(key); key++)
		print_key(o, conf, key, print_json);
	json_close(o, ']');
	json_close(o, '}');
	put_char(o, '\n');
	error = writer_flush(o);
	if (error)
		err(error, "cannot write all of the output");
	return error ? EXIT_FAILED : EXIT_DONE;
}

static int print(const struct conf *conf, bool is_json)
{
	unsigned int key;

	if (is_json)
		return json_all(conf);
	for (key = 0; conf_key(key); key++)
		print_key(NULL, conf, key, print_text);
	return EXIT_DONE;
}

int cmd_config(int argc, char **argv)
{
	struct conf_args args;
	struct conf conf = {};
	bool is_json = false;
	int c, status;

	if (conf_args_init(&args, argc)) {
		err(-ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	while ((c = cmd_getopt(argc, argv, opts)) > 0)
		if (!conf_args_take(&args, c, optarg))
			is_json = true;
	if (c < 0) {
		status = -1 - c;
	} else if (!cmd_is_end(argc, argv)) {
		status = EXIT_USAGE;
	} else {
		status = conf_args_read(&args, &conf);
		conf_print_notes(&conf, true);
		if (!status)
			status = print(&conf, is_json);
	}
	conf_free(&conf);
	conf_args_free(&args);
	return status;
}
