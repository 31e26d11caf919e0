/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of lists, rows of the table in conf.c. They take a value and where it
 * was given, note what is wrong, and return 0 or -errno, as all keys do.
 */
#ifndef NOLIST_CONF_LIST_H
#define NOLIST_CONF_LIST_H

#include "user/config/conf.h"

int conf_set_zone(struct conf *conf, const char *value, const char *where);
int conf_set_ns(struct conf *conf, const char *value, const char *where);
int conf_set_hostmaster(struct conf *conf, const char *value, const char *where);
int conf_set_reason(struct conf *conf, const char *value, const char *where);
int conf_set_list_name(struct conf *conf, const char *value, const char *where);
int conf_add_list(struct conf *conf, const char *value, const char *where);
void conf_free_lists(struct conf *conf);

/* Splits on blanks; both results are the caller's to free. 0 or -ENOMEM. */
int conf_split(const char *text, char **words, char ***argv);

#endif
