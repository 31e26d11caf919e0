/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists that a configuration names.
 */
#ifndef NOLIST_CONFIGURED_H
#define NOLIST_CONFIGURED_H

#include "user/config/conf.h"
#include "user/judge/files.h"

/* Does each have a known format and its own file? 0 or -errno, explained by failure_of(). */
int configured_check(const struct conf *conf);
/* The same; and reads the allow and provider files, whose faults are noted in f. */
int configured_check_all(const struct conf *conf, struct files *f);

/* Is any of them read by what refuses mail or connections? */
bool configured_is_enforced(const struct conf *conf);

#endif
