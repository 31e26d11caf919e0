/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source on the command line.
 */
#ifndef NOLIST_CMD_SOURCE_H
#define NOLIST_CMD_SOURCE_H

#include "user/base/addr.h"

/*
 * An address, or a source as show and lists write it, its /64: 0, or an exit status after
 * printing the error.
 */
int cmd_source(const char *text, struct nolist_addr *addr);

#endif
