/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judge's notes in the state directory, which it alone reads and writes: a line for each node or
 * operator, read and replaced whole.
 */
#ifndef NOLIST_SHARE_NOTE_H
#define NOLIST_SHARE_NOTE_H

#include <stdint.h>

#include "user/base/lines.h"
#include "user/base/writer.h"

/* Hands each line of this note to fn, as lines_each() does. 0 also if there is none; -errno: told. */
int note_read(const char *state_dir, const char *name, lines_fn *fn, void *arg);

/* Replaces it by what put writes. -errno: told, and the note is as before. */
int note_write(const char *state_dir, const char *name, int64_t now,
	       void (*put)(struct writer *w, const void *arg), const void *arg);

#endif
