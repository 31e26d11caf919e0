/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists that a configuration names.
 */
#ifndef NOLIST_CONFIGURED_H
#define NOLIST_CONFIGURED_H

#include "user/config/conf.h"

/* Does each have a known format and its own file? 0 or -errno, explained by failure_of(). */
int configured_check(const struct conf *conf);
/* The same, and can the allow and provider files be read? */
int configured_check_all(const struct conf *conf);

#endif
