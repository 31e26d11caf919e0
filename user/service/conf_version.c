// SPDX-License-Identifier: GPL-2.0-only
/*
 * One version of the configuration, as the file was when it was found good.
 */
#include <stdlib.h>

#include "user/base/failure.h"
#include "user/service/conf_version.h"

void version_free(struct version *v)
{
	conf_free(&v->conf);
	free(v->text);
	*v = (struct version){};
}

int version_read(struct version *v, const char *file, version_check_fn *check)
{
	int error = conf_slurp(file, &v->text);

	if (error)
		return conf_unreadable(file, error);
	conf_hold(file, v->text);
	error = conf_open(&v->conf, file);
	if (error && v->conf.errors) {
		conf_print_notes(&v->conf, false);
		error = fail_usage_reported();
	}
	if (!error)
		error = check(&v->conf);
	if (error)
		version_free(v);
	return error;
}
