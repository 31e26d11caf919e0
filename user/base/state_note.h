/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small notes in the state directory, such as what was told last: a short text each, read
 * and replaced whole. A directory that is not there, or that others can write to, is not used.
 * Functions return 0 or -errno.
 */
#ifndef NOLIST_STATE_NOTE_H
#define NOLIST_STATE_NOTE_H

#include <stddef.h>

#define STATE_NOTE_MAX 2048 /* bytes of a note, with the zero at its end */

int state_note_read(const char *dir, const char *name, char text[STATE_NOTE_MAX]);
int state_note_write(const char *dir, const char *name, const char *text);
int state_note_remove(const char *dir, const char *name); /* 0 also if there is none */

#endif
