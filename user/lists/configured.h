/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists that a configuration names.
 */
#ifndef NOLIST_CONFIGURED_H
#define NOLIST_CONFIGURED_H

#include "user/config/conf.h"

/* Has each a format, and a file of its own? 0 or -errno, explained by failure_of(). */
int configured_check(const struct conf *conf);
/* That, and can the files be read that decide who is on a list? */
int configured_check_all(const struct conf *conf);

#endif
