/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of the kinds that several keys have, for the table in keys.c. As for all keys: value,
 * and where it was given, for the note if it is invalid; 0 or -errno.
 */
#ifndef NOLIST_VALUES_H
#define NOLIST_VALUES_H

#include "user/config/conf.h"

/* A decimal number from min to max, with nothing before or after it; notes nothing. */
int value_number(const char *value, unsigned long min, unsigned long max, unsigned int *number);
int value_set_number(struct conf *conf, const char *value, const char *where, unsigned int min,
		     unsigned int max, unsigned int *number);
/* A length of time, as in base/duration.h. */
int value_set_time(struct conf *conf, const char *value, const char *where, unsigned int min,
		   unsigned int max, unsigned int *seconds);
/* "accept", or the other word. */
int value_set_accepted(struct conf *conf, const char *value, const char *where, const char *else_,
		       bool *is_accepted);
int value_set_yes_no(struct conf *conf, const char *value, const char *where, bool *is_yes);
/* A text for a reply of at most max characters; copied. */
int value_set_text(struct conf *conf, const char *value, const char *where, size_t max,
		   bool has_blanks, char **text);

#endif
