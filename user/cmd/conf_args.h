/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command line adds to the configuration, kept until the file has been read:
 * for load, and for check, which says what load would do.
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

int conf_args_init(struct conf_args *args, int argc); /* as many as there can be */
void conf_args_free(struct conf_args *args);
void conf_args_add(struct conf_args *args, const char *key, const char *value, const char *where);
/* Reads file and additions: 0, or an exit status, with what is wrong noted in conf. */
int conf_args_read(const struct conf_args *args, struct conf *conf);

/*
 * The configuration of a command that takes just -c FILE (NULL: the default, if it
 * exists): 0, or an exit status, told. conf_free() is safe afterwards.
 */
int cmd_conf(struct conf *conf, const char *file);

#endif
