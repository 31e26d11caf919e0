/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows of prog/dialogue, in the order of docs/dialogue.md's segment table,
 * which says why each of them is so.
 */
#ifndef NOLIST_DIALOGUE_ROWS_H
#define NOLIST_DIALOGUE_ROWS_H

#include <stdbool.h>
#include "selftests/lib/frame.h"
#include "user/config/dialogue.h"

enum { WITH = 1, WITHOUT = 2, BOTH = 3 }; /* timestamps */

/* How far the client has come before the steps. */
enum start { NOTHING, OPENED, BANNER, GREETED, SENDER, RECIPIENT, TEMPFAILED };

enum {
	LOST = 1,        /* never reaches the server */
	DEAF = 2,        /* the answer never reaches the client */
	STRIP = 4,       /* without timestamps */
	ADD = 8,         /* with timestamps */
	BAD_TSECR = 16,  /* echoes what we never said */
	BROKEN = 32,     /* a wrong checksum */
	HOLD = 64,       /* sent again, or out of order: the next one does not follow it */
	PIECES = 128,    /* each byte a segment; the last one gets "want" */
};

#define NO_FLAGS 0x100
#define NONE (-1) /* of this segment nothing is acknowledged */

/*
 * want: "-" nothing; "SA" SYN,ACK; "S" SYN; "R" RST; "." a plain acknowledgement;
 * "F" FIN,ACK; else a reply that begins so, after "F " with our FIN.
 */
struct step {
	const char *data;
	const char *want;
	int acked; /* bytes after seq that are acknowledged; 0: the whole segment */
	unsigned int how;
	unsigned int flags; /* 0: ACK, and PSH where there is data */
	int seq, ack;       /* off what comes next */
	int window;         /* 0: 65535; NONE: 0 */
	int repeat;         /* so many times more */
	const char *options;
	size_t options_len;
};

struct row {
	const char *name;
	int modes; /* timestamps */
	enum start start;
	struct step step[12];
	const char *with, *without; /* evidence; NULL: "none" */
	int bad_acks;
	enum dialogue_stage stage;
	bool is_greeting; /* that stage is number 0 */
	bool is_split, is_teased;
	unsigned int sport; /* 0: any that a client has */
};

#define S FRAME_SYN
#define A FRAME_ACK
#define F FRAME_FIN
#define P FRAME_PSH
#define R FRAME_RST

extern const struct row dialogue_rows[];
extern const size_t dialogue_row_count;

#endif
