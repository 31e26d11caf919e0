// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the lists of a configuration before any of them is written.
 */
#include <pwd.h>
#include <string.h>

#include "user/base/failure.h"
#include "user/lists/configured.h"
#include "user/lists/format.h"

static int unknown_format(const struct conf_list *l)
{
	const char *meant = format_meant(l->argv[0]);

	if (meant)
		return fail_usage("%s: unknown format '%s': did you mean '%s'?", l->where,
				  l->argv[0], meant);
	return fail_usage("%s: unknown format '%s'; \"nolist-xdp dump --list-formats\" lists all "
			  "formats", l->where, l->argv[0]);
}

/* Otherwise only the first reload would tell, unattended. */
static int check_users(const struct conf *conf)
{
	const struct conf_list *u = conf->reload_user;
	int i, j;

	for (i = 0; i < conf->reload_users; i++) {
		if (!getpwnam(u[i].argv[0]))
			return fail_usage("%s: there is no user '%s'", u[i].where, u[i].argv[0]);
		for (j = 0; u[i].argv[1] && j < conf->lists; j++)
			if (!strcmp(conf->list[j].argv[1], u[i].argv[1]))
				break;
		if (u[i].argv[1] && j == conf->lists)
			return fail_usage("%s: '%s' is the file of no list", u[i].where, u[i].argv[1]);
	}
	return 0;
}

int configured_check(const struct conf *conf)
{
	const struct conf_list *l = conf->list;
	int i, j;

	for (i = 0; i < conf->lists; i++) {
		if (!format_find(l[i].argv[0]))
			return unknown_format(&l[i]);
		for (j = 0; j < i && strcmp(l[i].argv[1], l[j].argv[1]); j++)
			;
		if (j < i)
			return fail_usage("%s: '%s' is also the file of the list at %s", l[i].where,
					  l[i].argv[1], l[j].where);
	}
	return check_users(conf);
}

bool configured_is_enforced(const struct conf *conf)
{
	const struct format *format;
	int i;

	for (i = 0; i < conf->lists; i++) {
		format = format_find(conf->list[i].argv[0]);
		/* What may hold mere contacts refuses nobody. */
		if (format && !format->takes_unverified)
			return true;
	}
	return false;
}

int configured_check_all(const struct conf *conf, struct files *f)
{
	int error = files_check(conf, f);

	return error ? error : configured_check(conf);
}
