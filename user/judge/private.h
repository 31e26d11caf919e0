/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the verdict share: offence.c says what an offence is and when offences are
 * enough, listing.c when a listing begins and ends, freed.c what ends it before its time,
 * verdict.c runs the checks. Only these files include this header. Pure, as the verdict is.
 */
#ifndef NOLIST_JUDGE_PRIVATE_H
#define NOLIST_JUDGE_PRIVATE_H

#include "user/judge/verdict.h"
#include "user/record/pack.h"

/* The contacts with a role around an offence, which may have been within it. */
struct around {
	int64_t before, after; /* 0: none */
};
enum { AROUND_LOW, AROUND_REAL, AROUND_DATA, AROUNDS };

/* One offence (or the SYN that counts as one): it happened within this span. */
struct offence {
	const struct side *side; /* where it was */
	int64_t start;           /* of its hour */
	struct span when;
	bool is_weak;
	bool is_burst; /* commands were sent together: perhaps nobody waited for the answers */
	/* By listing_prepare(): */
	bool has_around;
	struct around around[AROUNDS];
	int64_t excused; /* since when it is known that an alibi excuses it; NEVER */
	bool is_out;     /* while learning, near a gap, or perhaps excused in the other family */
	bool is_hidden;  /* what the source did before it may have been lost in a flood */
};

#define NEVER INT64_MAX
#define CAUSED_S HOUR_S /* what we refused is followed by an offence within this time */

/* One listing of a source. */
struct listing {
	int64_t since; /* 0: it was never listed */
	int64_t until; /* its end by time */
	int64_t freed; /* its end before that; 0: none */
	enum freed by;
	unsigned int walks;    /* 0 to 2, since it began */
	int64_t walked;        /* the first of them; 0: none */
	unsigned int accepted; /* days with mail that was accepted after all filters */
};

/*
 * Hours with offences at several nodes, by the operators that report them: enough must remain
 * without any "share-leave-out" of these.
 */
#define VOTES_MAX 64 /* operators; of one source there are hardly more */
enum vote_of { VOTE_ALL, VOTE_STRONG, VOTE_WAITED, VOTES };
struct ballot {
	int64_t start; /* of the hour that is being counted */
	struct votes {
		uint64_t now; /* operators in that hour */
		unsigned int hours;
		unsigned int operators; /* one more than the highest of them */
		uint16_t any[VOTES_MAX], only[VOTES_MAX]; /* hours, by operator */
	} of[VOTES];
};

/* A count of offences, added in the order of time. */
struct tally {
	struct ballot *votes; /* NULL: of one node, all count */
	const struct side *side; /* of the offence that made them enough */
	unsigned int strong, weak;
	unsigned int bursts;    /* of both */
	int64_t reached;        /* when they became enough; 0: they are not */
	int64_t reached_strong; /* the same of the strong ones alone */
	int64_t last;
};

/* The state of one judgement. */
struct trial {
	const struct side *side;
	unsigned int sides;
	unsigned int leave_out; /* so many operators may lie */
	struct ballot *ballot;  /* of is_due(); NULL: see struct tally */
	const struct rules *rules;
	int64_t now;
	int64_t known; /* contacts after this excuse nothing: now, or when its listing began */
	struct verdict *v;
	struct offence *offence; /* all of them; room for STORED_HOURS */
	unsigned int offences;
	unsigned int roles;     /* bits of low, real and data: some side has such contacts */
	struct listing listing; /* the last one that has begun */
	struct tally all;       /* every offence */
	struct tally own;       /* without those that an alibi excuses */
	struct tally unexcused; /* and without those that may have one in the other family */
	struct tally clean;     /* and without those near lost evidence, or while learning */
};

/* The dialogues of one hour (its index) as an offence; false if they are none. */
bool offence_of_hour(const struct trial *t, const struct side *s, unsigned int hour,
		     struct offence *o);
/* Can contacts of the source before an offence of this hour have been lost in a flood? */
bool offence_is_hidden(unsigned int hour, const struct offence *o);
/* The same of a source without dialogues. */
bool offence_is_hidden_syn(const struct trial *t, const struct offence *o);
void tally_add(struct tally *tally, const struct offence *o, const struct trial *t);

/* listing.c: since when a check's alibis excuse an offence, as far as was known at each time. */
int64_t offence_excused(const struct trial *t, enum check check, const struct offence *o);
/* Seconds from it to the nearest contact with a role, or data; -1: there was none. */
int64_t offence_distance(const struct trial *t, enum record_role role, const struct offence *o);
void listing_prepare(struct trial *t);
/* The last listing that has begun by now; before it others may have ended. */
void listing_find(const struct trial *t, struct listing *l);
/* Was the offence caused by us, in that listing, so that it begins none? */
bool listing_caused(const struct trial *t, const struct listing *l, const struct offence *o);

/* freed.c: sets when, and by what, it ends before its time, and how many walks and days it has. */
void listing_freed(const struct trial *t, struct listing *l);

/* verdict.c: questions without an answer for explain. */
static inline int trial_family(const struct trial *t)
{
	return !addr_is_ip4(&t->side->r.src.addr);
}
bool trial_has_neighbours(const struct side *s);
int64_t trial_grace_paused(const struct trial *t, const struct side *s, int64_t reached,
			   int64_t *paused);
bool trial_has_gap(const struct trial *t, const struct offence *o, int64_t *lost);
bool trial_is_learning(const struct trial *t, const struct offence *o, int64_t *last);
bool trial_is_dual(const struct trial *t, const struct offence *o);

/* When the grace is over: asked for each offence again and again, and hardly ever paused. */
static inline int64_t trial_grace_end(const struct trial *t, const struct side *s, int64_t reached,
				      int64_t *paused)
{
	if (s->site->family[trial_family(t)].pauses)
		return trial_grace_paused(t, s, reached, paused);
	*paused = 0;
	return reached + t->rules->grace_s;
}

#endif
