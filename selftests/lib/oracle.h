/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a high fake must answer to a segment of an honest client: a server that
 * keeps everything, the state after each reply and the line at each
 * acknowledgement, and so needs none of the numbers by which the program knows.
 * Written from docs/dialogue.md. Where one total would name two states, it says so.
 */
#ifndef NOLIST_ORACLE_H
#define NOLIST_ORACLE_H

#include "selftests/lib/reading.h"
#include "selftests/lib/talk.h"

#define ORACLE_EDGES 9000 /* totals */
#define ORACLE_TIMES 1024 /* acknowledgements remembered */

enum oracle_at { AT_NOWHERE, AT_TEASED, AT_FRESH, AT_GREETED, AT_SENDER, AT_RECIPIENT, AT_END };

struct oracle_state {
	enum oracle_at at;
	bool is_reported;
	bool is_mid; /* the rest of a line is to come */
};

/* What was acknowledged by a TSval. */
struct oracle_time {
	uint32_t tsval, rcv_nxt;
	struct reading line;
};

struct oracle {
	enum dialogue_stage stage;
	bool is_teased; /* the greeting has two lines; set by the caller */
	bool is_choosy; /* only the domains of domain_rows.h are ours; set by the caller */
	struct oracle_state edge[ORACLE_EDGES];
	struct oracle_time time[ORACLE_TIMES];
	unsigned int times;
};

enum oracle_kind { WANT_NOTHING, WANT_RST, WANT_ACK, WANT_TEXT };

struct oracle_want {
	enum oracle_kind kind;
	bool has_fin;
	uint32_t ack;
	const char *code;	  /* the text's beginning */
	struct oracle_state next; /* after the text */
	struct reading line;	  /* at ack */
	int verb;		  /* that was understood; -1: none */
};

/* --- what is wanted ------------------------------------------------------ */

/* The segment of an honest client: its ACK and TSecr are what it received. */
struct oracle_want oracle_wants(const struct oracle *o, const struct talk *t,
				const struct talk_seg *s);

/* --- learning ------------------------------------------------------------ */

void oracle_start(struct oracle *o, enum dialogue_stage stage, const struct talk *t);

/* NULL, or how the answer differs from what is wanted. */
const char *oracle_judge(struct oracle *o, const struct talk *t, const struct talk_seg *s,
			 const struct oracle_want *w, const struct talk_got *g);

#endif
