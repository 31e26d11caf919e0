/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a configuration names: allow lists, sets of networks that are one
 * sender, and domains that mail is for us in. Others write them: a file that cannot be
 * read, or a line that is wrong, stops nothing. What can be used of it is used, together
 * with its last good content, since without one line a source could be listed that must
 * not be; and it is noted.
 *
 * All return 0 or -errno, explained by failure_of(); the result is always safe to free
 * afterwards.
 */
#ifndef NOLIST_FILES_H
#define NOLIST_FILES_H

#include <stdbool.h>
#include "user/base/domain_set.h"
#include "user/base/prefix_set.h"
#include "user/config/conf.h"
#include "user/judge/providers.h"

#define FILES_NOTES 8 /* files that are noted one by one */

struct files {
	/* Set by the caller: */
	const char *state_dir; /* where the last good content is kept */
	bool is_keeping;       /* what is good is written there */

	/* What could not be used, for the caller to print: */
	struct files_note {
		char text[640];
		char hint[256];
	} note[FILES_NOTES];
	int notes;
	int unnoted; /* so many more */
};

int files_allow(struct prefix_set **allow, const struct conf *conf, struct files *f);
/* One of the command line: an error in it is a failure. */
int files_add_allow(struct prefix_set *allow, const char *file);
int files_providers(struct providers **providers, const struct conf *conf, struct files *f);
/* The same of one file that no configuration names: is every line right? */
int files_prove_providers(const char *file);
/*
 * The domains of the configuration and of its files, sorted. The host name of the fakes is
 * among them as one that mail is never for us in, unless it is given itself.
 */
/* The same of a tenant, by its number less one. */
int files_tenant_domains(struct domain_set *set, const struct conf *conf, unsigned int tenant,
			 struct files *f);
int files_domains(struct domain_set *set, const struct conf *conf, struct files *f);
/* Reads allow lists and providers, for the notes. */
int files_check(const struct conf *conf, struct files *f);

#endif
