/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a list's reader still has what it loaded: a firewall that was started anew, or a
 * set that somebody has destroyed, has lost it, though the file is as it was.
 */
#ifndef NOLIST_READER_H
#define NOLIST_READER_H

#include "user/lists/list.h"
#include "user/lists/reload.h"

/* A reader that cannot be asked loads its list again when this time is over. */
#define READER_AGAIN_S 3600

struct reader {
	const struct format *format;
	const struct format_words *words;
	struct nolist_source first[2]; /* the first source of each family */
	bool has[2];                   /* there is one */
	struct reload reload;          /* the list's reload command */
};

/* The reader of a list that was selected. */
void reader_of(struct reader *r, const struct list *l);
/* Can it be asked? Its reload command must be that program itself. */
bool reader_can_be_asked(const struct reader *r);
/* Asks it; false: it has the list, or cannot be asked. */
bool reader_has_lost(const struct reader *r);

#endif
