/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A naive reading of SMTP lines that come in pieces, as docs/dialogue.md tells
 * it: what bpf/smtp.h and the dialogue are compared with. It remembers the
 * letters themselves, not a number for them.
 */
#ifndef NOLIST_READING_H
#define NOLIST_READING_H

#include <stdbool.h>
#include <stddef.h>
#include "bpf/abi.h"

struct reading_word {
	const char *word;
	enum nolist_verb verb;
	bool is_whole; /* the word must end here */
	bool is_smtp;  /* its beginnings are remembered */
};

extern const struct reading_word reading_words[];
extern const size_t reading_word_count;

struct reading {
	unsigned char head[8]; /* the line's first bytes */
	unsigned int len;      /* bytes of the line so far */
	unsigned int blocks;   /* that single pieces had since the verb is known */
	int verb;	       /* -1: not known yet */
};

#define READING_START { .verb = -1 }

/* Takes a piece; returns the bytes up to and with LF, or 0. */
unsigned int read_piece(struct reading *r, const char *piece, unsigned int n);

#endif
