/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of lists, for the table in keys.c. As for all keys: value, and where it was
 * given, for the note if it is invalid; 0 or -errno.
 */
#ifndef NOLIST_CONF_LIST_H
#define NOLIST_CONF_LIST_H

#include "user/config/conf.h"

int conf_set_zone(struct conf *conf, const char *value, const char *where);
int conf_set_ns(struct conf *conf, const char *value, const char *where);
int conf_set_hostmaster(struct conf *conf, const char *value, const char *where);
int conf_set_reason(struct conf *conf, const char *value, const char *where);
int conf_set_list_name(struct conf *conf, const char *value, const char *where);
int conf_set_page_url(struct conf *conf, const char *value, const char *where);
int conf_set_origin(struct conf *conf, const char *value, const char *where);
int conf_set_maillog(struct conf *conf, const char *value, const char *where);
int conf_set_page_lifts(struct conf *conf, const char *value, const char *where);
int conf_add_list(struct conf *conf, const char *value, const char *where);
int conf_add_reload_user(struct conf *conf, const char *value, const char *where);
void conf_free_lists(struct conf *conf);

/* A word that only a shell would understand; NULL: none is. */
const char *conf_shell_word(char **argv);
/* Splits at blanks; argv ends with NULL. The caller frees both results. 0 or -ENOMEM. */
int conf_split(const char *text, char **words, char ***argv);

#endif
