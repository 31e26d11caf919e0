/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The users that a Redis needs: one for each node, which may write its own evidence and read the list,
 * and the judge's, which may read all evidence and write the list.
 */
#ifndef NOLIST_SHARE_SETUP_H
#define NOLIST_SHARE_SETUP_H

#include "user/share/nodes.h"

/* Prints a line for redis-cli for each; SECRET stands for the passwords. 0 or -errno. */
int share_setup(const struct nodes *nodes);

#endif
