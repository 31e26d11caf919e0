/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of what is done to listed sources at the real MX; each takes a value as keys.c says.
 */
#ifndef NOLIST_KEYS_ENFORCE_H
#define NOLIST_KEYS_ENFORCE_H

#include "user/config/conf.h"

void conf_init_enforce(struct conf *conf);
void conf_free_enforce(struct conf *conf);
int conf_set_enforce(struct conf *conf, const char *value, const char *where);
int conf_add_enforce_list(struct conf *conf, const char *value, const char *where);
int conf_set_enforce_expires(struct conf *conf, const char *value, const char *where);
int conf_set_enforce_text(struct conf *conf, const char *value, const char *where);
int conf_set_brake(struct conf *conf, const char *value, const char *where);
int conf_add_low_pass(struct conf *conf, const char *value, const char *where);
int conf_set_tarpit(struct conf *conf, const char *value, const char *where);
int conf_set_tarpit_from(struct conf *conf, const char *value, const char *where);
int conf_set_tarpit_lines(struct conf *conf, const char *value, const char *where);
/* Notes what has no effect. */
void conf_check_enforce(struct conf *conf);
/* The file of a list with the format xdp; *from begins with 0 and is for the next. NULL: no more. */
const char *conf_own_list(const struct conf *conf, int *from);
/* enum nolist_action of a word of these keys, or -EINVAL. */
int conf_action_parse(const char *word);
const char *conf_action_name(unsigned int act);
/* Where sources are held, TARPIT_...: nowhere while listed sources are not refused. */
unsigned int conf_tarpit(const struct conf *conf);

#endif
