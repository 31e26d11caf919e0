/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of interfaces that a command takes.
 */
#ifndef NOLIST_CMD_INTERFACES_H
#define NOLIST_CMD_INTERFACES_H

#include <stddef.h>

/* The index of an interface; 0 after printing that "cannot ACTION 'NAME'", with a hint. */
int cmd_interface(const char *name, const char *action);
/* Which interface is meant, or which there are, for a name that is none of them. */
void cmd_interface_hint(const char *name, char *text, size_t size);

#endif
