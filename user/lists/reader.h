/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a list's reader still has what it loaded: a firewall that was started anew, or a
 * set that somebody has destroyed, has lost it, though the file is as it was.
 */
#ifndef NOLIST_READER_H
#define NOLIST_READER_H

#include "user/lists/list.h"

/* A reader that cannot be asked loads its list again when this time is over. */
#define READER_AGAIN_S 3600

/*
 * Asks the reader of a list that was not written, if its reload command is that program
 * itself, and for at most so many seconds; false: it has the list, or cannot be asked.
 */
bool reader_has_lost(const struct list *l, unsigned int limit_s);

#endif
