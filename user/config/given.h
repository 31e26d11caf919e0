/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which values were given, and where: for "nolist-xdp config", and for messages about a file
 * that the configuration names.
 */
#ifndef NOLIST_GIVEN_H
#define NOLIST_GIVEN_H

#include "user/config/conf.h"

/* Of a key that is no list the last value counts. 0 or -ENOMEM. */
int given_add(struct conf *conf, unsigned int key, const char *value, const char *where);
/* Forgets all values of a key. */
void given_drop(struct conf *conf, unsigned int key);
void given_free(struct conf *conf);
/* The keys whose values differ, "real, window"; "": none does. */
const char *given_changes(const struct conf *a, const struct conf *b, char *text, size_t size);
/* Where a value was given, as FILE:LINE or an option; "": it was not. */
const char *given_where(const struct conf *conf, const char *key, const char *value);

#endif
