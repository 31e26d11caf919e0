// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the files of 'allow' and 'providers' into sets.
 */
#include <errno.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/config/given.h"
#include "user/judge/files.h"

/*
 * Explains what was wrong with a file that the configuration names at where ("": an option
 * does); returns 0 or -errno.
 */
static int explain(int error, const char *where, const char *file, unsigned int line,
		   const char *must_be)
{
	const char *colon = *where ? ": " : "";

	if (!error)
		return 0;
	if (error == -ENOMEM)
		return fail(error, "cannot read '%s'", file);
	if (!line)
		return fail_usage("%s%scannot read '%s': %s", where, colon, file, strerror(-error));
	fail_usage("%s:%u: not %s", file, line, must_be);
	return *where ? fail_hint("the configuration names this file at %s", where) : error;
}

static int out_of_memory(void)
{
	return fail(-ENOMEM, "cannot hold allow lists and providers");
}

static int add_allow(struct prefix_set *allow, const char *where, const char *file)
{
	unsigned int line;
	int error = prefix_set_add_file(allow, file, &line);

	return explain(error, where, file, line, "an address or a prefix without host bits");
}

int files_add_allow(struct prefix_set *allow, const char *file)
{
	return add_allow(allow, "", file);
}

int files_allow(struct prefix_set **allow, const struct conf *conf)
{
	int i, error = 0;

	if (prefix_set_new(allow))
		return out_of_memory();
	for (i = 0; i < conf->allows && !error; i++)
		error = add_allow(*allow, given_where(conf, "allow", conf->allow[i]), conf->allow[i]);
	return error;
}

int files_providers(struct providers **providers, const struct conf *conf)
{
	unsigned int line;
	int i, error = 0;

	if (providers_new(providers))
		return out_of_memory();
	for (i = 0; i < conf->providers && !error; i++) {
		error = providers_add_file(*providers, conf->provider[i], &line);
		error = explain(error, given_where(conf, "providers", conf->provider[i]),
				conf->provider[i], line,
				"a name and a network (/8 to /32, /16 to /128)");
	}
	if (!error && providers_sort(*providers))
		error = out_of_memory();
	return error;
}

int files_check(const struct conf *conf)
{
	struct providers *providers = NULL;
	struct prefix_set *allow = NULL;
	int error = files_allow(&allow, conf);

	if (!error)
		error = files_providers(&providers, conf);
	prefix_set_free(allow);
	providers_free(providers);
	return error;
}
