// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of the command line, or of a file; then lists/wide.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/array.h"
#include "user/base/failure.h"
#include "user/base/lines.h"
#include "user/base/log.h"
#include "user/cmd/cmd.h"
#include "user/cmd/conf_args.h"
#include "user/cmd/dump_origin.h"
#include "user/cmd/origin_age.h"
#include "user/lists/list.h"
#include "user/lists/wide.h"

#define KEYS_FILE_MAX (1u << 20)

struct keys {
	struct origin_key *key;
	size_t n;
};

static int add(struct keys *k, const char *text)
{
	struct origin_key key;

	if (origin_key_parse(text, &key))
		return -EINVAL;
	if (array_grow(&k->key, k->n, sizeof(*k->key)))
		return -ENOMEM;
	k->key[k->n++] = key;
	return 0;
}

static int add_line(char *line, unsigned int number, void *arg)
{
	(void)number;
	return add(arg, line);
}

static int read_keys(struct keys *k, const char *file)
{
	struct lines_bad bad;
	char *text;
	size_t size;
	int error = lines_read(file, KEYS_FILE_MAX, &text, &size);

	if (!error)
		error = lines_each(text, size, add_line, k, &bad);
	free(text);
	if (error)
		return fail(error, "cannot read '%s'", file);
	if (bad.count)
		return failx(-EINVAL, "'%s' line %u: neither a country like DE nor an autonomous system like AS64496",
			     file, bad.first);
	return k->n ? 0 : failx(-EINVAL, "'%s' has no line", file);
}

static int parse_keys(struct keys *k, const char *what)
{
	char *copy = strdup(what), *rest = copy, *word;
	int error = copy ? 0 : -ENOMEM;

	while (!error && (word = strsep(&rest, ","))) {
		error = add(k, word);
		if (error == -EINVAL)
			fail_usage("--origin: '%s' is neither a country like DE nor an autonomous system like AS64496",
				   word);
	}
	free(copy);
	return error == -ENOMEM ? fail(error, "cannot read '%s'", what) : error;
}

static int write_networks(const struct conf *conf, const struct keys *k, const char *format, const char *output,
			  bool *is_old)
{
	struct wide w = {
		.file_name = conf->origin ? conf->origin : ORIGIN_DATABASE,
		.key = k->key,
		.keys = k->n,
		.format = format,
		.words = list_words(conf),
		.output = output,
	};
	int error = origin_open(&w.file, w.file_name);

	if (!error)
		error = wide_write(&w);
	*is_old = !error && cmd_origin_age(w.file, w.file_name);
	origin_close(w.file);
	return error;
}

int dump_origin(const char *conf_file, const char *what, const char *format, const char *output)
{
	struct keys k = {};
	struct conf conf;
	bool is_old = false;
	int error, status;

	if (!wide_has_format(format)) {
		errx("'%s' is a format of single sources: --origin takes plain, nft, ipset, rspamd, rbldnsd and spamassassin", format);
		return EXIT_USAGE;
	}
	status = cmd_conf(&conf, conf_file);
	if (!status) {
		error = strchr(what, '/') ? read_keys(&k, what) : parse_keys(&k, what);
		if (!error)
			error = write_networks(&conf, &k, format, output, &is_old);
		status = error ? cmd_failed(error) : is_old ? EXIT_WARNED : EXIT_DONE;
	}
	free(k.key);
	conf_free(&conf);
	return status;
}
