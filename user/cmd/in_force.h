/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration that "run" has in force, for its other units: the file may be half edited,
 * or wrong. It stands in the directory that systemd makes for "run" and removes after it.
 */
#ifndef NOLIST_CMD_IN_FORCE_H
#define NOLIST_CMD_IN_FORCE_H

/* As a unit of its own, "run" writes it; else nothing happens. */
void in_force_write(const char *text);
/* From now on this is the text of the file that is returned; NULL: "run" runs as no unit. */
const char *in_force_hold(void);

#endif
