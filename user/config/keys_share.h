/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of sharing, for the table in keys.c. As for all keys: value, and where it was given, for
 * the note if it is invalid; 0 or -errno.
 */
#ifndef NOLIST_CONF_SHARE_H
#define NOLIST_CONF_SHARE_H

#include "user/config/conf.h"

#define CONF_LEAVE_OUT_MAX 8

int conf_set_share(struct conf *conf, const char *value, const char *where);
int conf_set_share_node(struct conf *conf, const char *value, const char *where);
int conf_set_share_nodes(struct conf *conf, const char *value, const char *where);
int conf_set_share_user(struct conf *conf, const char *value, const char *where);
int conf_set_share_secret_file(struct conf *conf, const char *value, const char *where);
int conf_set_share_key_file(struct conf *conf, const char *value, const char *where);
int conf_set_share_list_key(struct conf *conf, const char *value, const char *where);
int conf_set_share_compress(struct conf *conf, const char *value, const char *where);
int conf_set_share_leave_out(struct conf *conf, const char *value, const char *where);
int conf_set_share_weight(struct conf *conf, const char *value, const char *where);
void conf_free_share(struct conf *conf);

#endif
