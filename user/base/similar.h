/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "Did you mean": the name that is most like a word which was mistyped.
 */
#ifndef NOLIST_SIMILAR_H
#define NOLIST_SIMILAR_H

struct similar {
	const char *word;
	const char *best;      /* NULL: no name is like it */
	unsigned int distance; /* of best: letters added, left out, changed or swapped */
};

/* The word is held by reference, and so are the names. */
void similar_start(struct similar *s, const char *word);
void similar_try(struct similar *s, const char *name);

#endif
