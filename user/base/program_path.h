/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the programs are that the tool starts: built, beside it; installed, in LIBDIR/nolist-xdp.
 */
#ifndef NOLIST_PROGRAM_PATH_H
#define NOLIST_PROGRAM_PATH_H

#include <limits.h>

#define PROGRAM_PATH (PATH_MAX + 64)

/* The file of nolist-xdp-WORD, which may not be there: 0 or -errno. */
int program_path(const char *word, char path[PROGRAM_PATH]);

#endif
