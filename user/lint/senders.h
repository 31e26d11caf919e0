/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How mail servers walk through the MXes of a domain: one row for each (senders.c), and a
 * pure function from a zone to the walk of one of them.
 */
#ifndef NOLIST_LINT_SENDERS_H
#define NOLIST_LINT_SENDERS_H

#include "user/lint/zone.h"

enum later { LATER_NEXT, LATER_ENDS }; /* after a 4xx: the next address, or the queue */

struct sender {
	const char *name;
	const char *source;   /* where this is known from */
	int max_hosts;        /* MXes that it tries; 0: all */
	int max_of_host;      /* addresses of each */
	int max_addresses;    /* and in all */
	int max_sessions;     /* connections that were greeted */
	bool is_ip4_only;
	bool is_ip6_first;    /* of one preference; else mixed */
	bool is_balanced;     /* max_addresses are of both families */
	bool has_one_of_each; /* one address of each preference comes on top of max_addresses */
	bool remembers;       /* skips what refused it, the next time */
	enum later later;     /* 4xx in the dialogue */
	bool is_lost;         /* known to lose mail of domains with a low fake */
};

extern const struct sender senders[]; /* ends with a row without name */

enum real_mx { REAL_WELL, REAL_GREYLISTS, REAL_DOWN, REAL_STATES };
extern const char *const real_mx_names[REAL_STATES];

enum outcome { OUT_REFUSED, OUT_LATER, OUT_TAKEN, OUT_SILENT };
extern const char *const outcome_names[];

#define WALK_STEPS 96
#define WALK_TRIES 3 /* runs of the sender's queue */

struct walk {
	struct walk_step {
		struct nolist_addr addr;
		int role;
		enum outcome outcome;
		int try;
	} step[WALK_STEPS];
	int steps;
	bool has_arrived; /* at the real MX, or one that lint does not know */
	int tries;        /* that it took */
	const char *limit; /* why the last try went no further; NULL: it was at its end */
};

/*
 * The walk of one sender, with IPv4 alone or both families. In the first try the real MX is
 * in that state; then it is well. Fakes come first where the order is left to chance.
 */
void walk(const struct sender *s, const struct zone *z, enum real_mx real, bool is_ip4_only,
	  struct walk *w);

#endif
