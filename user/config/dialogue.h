/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The replies of a high fake. The length of each reply encodes the next state of the
 * dialogue (abi.h, enum nolist_state). The packet side knows only verbs and numbers; all
 * texts are here.
 */
#ifndef NOLIST_DIALOGUE_H
#define NOLIST_DIALOGUE_H

#include <stdbool.h>
#include "bpf/abi.h"

#define DIALOGUE_NAME_MAX 128  /* bytes of a host name */
#define DIALOGUE_TEXT_MAX 148 /* bytes of the text: so the longest reply still fits */
#define DIALOGUE_TEXT_DEFAULT "Please try another mail exchanger of this domain, or come back later"
#define DIALOGUE_TEXT_LISTED "Your address is listed here for now; please come back later"

/* The verb at which a dialogue is tempfailed. */
enum dialogue_stage { STAGE_GREETING, STAGE_MAIL, STAGE_RCPT, STAGE_DATA };

struct dialogue {
	const char *name;  /* host name in the banner (RFC 5321 4.2) */
	const char *text; /* the text after 451 4.7.1; NULL: the default */
	enum dialogue_stage stage;
	bool is_split;     /* split handshake */
	bool is_listed;    /* the words for a listed source at the real MX, and for one that is held */
	bool is_teased;    /* a greeting in two lines, but at STAGE_GREETING */
};

/* -EINVAL: not printable ASCII, or empty. -E2BIG: too long. */
int dialogue_compile(const struct dialogue *d, struct nolist_smtp *out);

/* greeting, mail, rcpt or data: 0 or -EINVAL. */
int dialogue_stage_parse(const char *word, enum dialogue_stage *stage);

#endif
