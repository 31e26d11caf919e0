// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the files of 'allow' and 'providers' into sets, and looks at the lists to be
 * written. One wrong line makes a file void: who is left out by it would be listed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/judge/files.h"
#include "user/base/log.h"
#include "user/lists/format.h"

#define WHAT_SIZE 4400 /* a path, and some words */

/* Says what was wrong with a file; returns the exit status. */
static int failed(int error, const char *file, unsigned int line, const char *must_be, char *what,
		  size_t size)
{
	if (!error)
		return EXIT_DONE;
	if (line)
		snprintf(what, size, "%s:%u: not %s", file, line, must_be);
	else
		snprintf(what, size, "cannot read '%s': %s", file, strerror(-error));
	return error == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

static int add_allow(struct never *allow, const char *file, char *what, size_t size)
{
	unsigned int line;
	int error = never_add_file(allow, file, &line);

	return failed(error, file, line, "an address or a prefix without host bits", what, size);
}

static int add_providers(struct providers *p, const char *file, char *what, size_t size)
{
	unsigned int line;
	int error = providers_add_file(p, file, &line);

	return failed(error, file, line, "a name and a network (/8 to /32, /16 to /128)", what, size);
}

static int out_of_memory(char *what, size_t size)
{
	snprintf(what, size, "cannot hold allow lists and providers: %s", strerror(ENOMEM));
	return EXIT_FAILED;
}

static int read_allow(struct never **allow, const struct conf *conf, char *what, size_t size)
{
	int i, status = EXIT_DONE;

	if (never_new(allow))
		return out_of_memory(what, size);
	for (i = 0; i < conf->allows && !status; i++)
		status = add_allow(*allow, conf->allow[i], what, size);
	return status;
}

static int read_providers(struct providers **p, const struct conf *conf, char *what, size_t size)
{
	int i, status = EXIT_DONE;

	if (providers_new(p))
		return out_of_memory(what, size);
	for (i = 0; i < conf->providers && !status; i++)
		status = add_providers(*p, conf->provider[i], what, size);
	if (!status && providers_sort(*p))
		status = out_of_memory(what, size);
	return status;
}

static int check_lists(const struct conf *conf, char *what, size_t size)
{
	const struct conf_list *l = conf->list;
	int i, j;

	for (i = 0; i < conf->lists; i++) {
		if (!output_find(l[i].argv[0])) {
			snprintf(what, size, "%s: unknown format '%s'; \"nolist-xdp dump "
				 "--list-formats\" tells which there are", l[i].where, l[i].argv[0]);
			return EXIT_USAGE;
		}
		for (j = 0; j < i && strcmp(l[i].argv[1], l[j].argv[1]); j++)
			;
		if (j < i) {
			snprintf(what, size, "%s: '%s' is the file of the list at %s, too",
				 l[i].where, l[i].argv[1], l[j].where);
			return EXIT_USAGE;
		}
	}
	return EXIT_DONE;
}

static int told(int status, const char *what)
{
	if (status)
		errx("%s", what);
	return status;
}

int files_add_allow(struct never *allow, const char *file)
{
	char what[WHAT_SIZE];

	return told(add_allow(allow, file, what, sizeof(what)), what);
}

int files_allow(struct never **allow, const struct conf *conf)
{
	char what[WHAT_SIZE];

	return told(read_allow(allow, conf, what, sizeof(what)), what);
}

int files_providers(struct providers **providers, const struct conf *conf)
{
	char what[WHAT_SIZE];

	return told(read_providers(providers, conf, what, sizeof(what)), what);
}

int files_lists(const struct conf *conf)
{
	char what[WHAT_SIZE];

	return told(check_lists(conf, what, sizeof(what)), what);
}

int files_wrong(const struct conf *conf, char *what, size_t size)
{
	struct providers *providers = NULL;
	struct never *allow = NULL;
	int status = read_allow(&allow, conf, what, size);

	if (!status)
		status = read_providers(&providers, conf, what, size);
	if (!status)
		status = check_lists(conf, what, size);
	never_free(allow);
	providers_free(providers);
	return status;
}

int files_check(const struct conf *conf)
{
	char what[WHAT_SIZE];

	return told(files_wrong(conf, what, sizeof(what)), what);
}
