/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the keys low, real and high have in common.
 */
#ifndef NOLIST_KEYS_MX_H
#define NOLIST_KEYS_MX_H

#include "user/config/conf.h"

/* where: of the value, for a note. 0, or -EINVAL with a note of the error, or -ENOMEM. */
int conf_add_mx(struct conf *conf, enum nolist_role role, const char *value, const char *where);

#endif
