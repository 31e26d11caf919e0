/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the verdict share: offence.c says what an offence is and when offences are
 * enough, verdict.c runs the checks. Only these files include this header. Pure, as the
 * verdict is.
 */
#ifndef NOLIST_JUDGE_PRIVATE_H
#define NOLIST_JUDGE_PRIVATE_H

#include "user/judge/verdict.h"

/* One offence (or the SYN that counts as one): it happened within this span. */
struct offence {
	struct span when;
	bool is_weak;
	bool is_burst; /* commands were sent together: perhaps nobody waited for the answers */
};

/* A count of offences, added in the order of time. */
struct tally {
	unsigned int strong, weak;
	unsigned int bursts;    /* of both */
	int64_t reached;        /* when they became enough; 0: they are not */
	int64_t reached_strong; /* the same of the strong ones alone */
	int64_t last;
};

/* The state of one judgement. */
struct trial {
	struct record r;
	const struct neighbours *n;
	const struct site *site;
	const struct rules *rules;
	int64_t now;
	struct verdict *v;
	struct tally all;       /* every offence */
	struct tally own;       /* without those that an alibi excuses */
	struct tally unexcused; /* and without those that may have one in the other family */
	struct tally clean;     /* and without those near lost evidence, or while learning */
};

/* The dialogues of one hour (its index) as an offence; false if they are none. */
bool offence_of_hour(const struct trial *t, unsigned int hour, struct offence *o);
void tally_add(struct tally *tally, const struct offence *o, const struct trial *t);

#endif
