/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges one source: a pure function of its record, its neighbourhood, what is
 * known of the site, the rules and a clock. No kernel, no files, no globals, so
 * that a verdict can be replayed, explained and tested with made-up time.
 *
 * A doubt always speaks for the source: where evidence may have been lost, or
 * times are only known as from-to, the reading that acquits is taken.
 */
#ifndef NOLIST_VERDICT_H
#define NOLIST_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include "user/base/addr.h"
#include "user/config/rules.h"
#include "user/evidence/evidence.h"

/* What holds for all sources. */
struct site {
	struct site_family {
		bool has_low;      /* a low fake is configured */
		bool has_real;     /* a real MX is configured */
		bool has_high;     /* a high fake is configured */
		int64_t real_last; /* anyone's last contact with it, if only a SYN; 0: none */
		int64_t data_last; /* the last one with data, or imported; 0: none */
		const struct real_hour *hour; /* its connections; ascending */
		size_t hours;
		/* By site_ready(): */
		struct span *unhealthy; /* when it was unhealthy; ascending, apart */
		size_t n_unhealthy;
		struct span *pause; /* that, and the learning time: no grace runs */
		size_t pauses;
	} family[2];               /* IPv4, IPv6 */
	bool is_unseen_accepted;   /* "real-mx-unseen = accept" */
	bool is_dual_accepted;     /* "dual-stack = accept" */
	bool is_replay;            /* --at: what happened later is known, and left out */
	const struct span *lost;   /* when verified evidence was lost; ascending */
	size_t losts;
	const struct evidence_acks *acks; /* wrong acknowledgements; ascending */
	size_t n_acks;
	const struct mx_change *change; /* MX addresses put in force; ascending */
	size_t changes;
	/* By site_ready(): */
	struct span *learning; /* learning times; ascending */
	size_t learnings;
};

/*
 * Says from its hours and changes when the real MX was unhealthy, and when offences
 * are learnt from only, as of now. 0 or -ENOMEM; site_free() frees what it made.
 */
int site_ready(struct site *site, const struct rules *rules, int64_t now);
void site_free(struct site *site);

/*
 * When the real MX of a family was seen last; 0: never. Where it was ever seen to
 * get data, SYNs say nothing: one forged a day would keep it seen.
 */
int64_t site_seen(const struct site *site, int family);
bool site_is_seen(const struct site *site, const struct rules *rules, int family, int64_t now);
/* Is the real MX unhealthy now? Nobody's grace ends meanwhile. */
bool site_is_unhealthy(const struct site *site, int family, int64_t now);
/*
 * Could a sender have walked low and real over the other family then, and left no mark
 * in this one? Each MTA tries all addresses of the low fake before it goes on; where
 * that has none of this family, who comes to a high fake over it may have been refused
 * over the other.
 */
bool site_has_no_low(const struct site *site, int family, struct span when);
/* The same of the addresses in force. */
bool site_has_no_low_now(const struct site *site, int family);
/* Until when it is learning time; 0: it is not. */
int64_t site_learning_until(const struct site *site, int64_t now);

/* Verified alibis of the /24 or /48 that a source is in. */
struct neighbours {
	struct span when;         /* from the first to the last of them */
	unsigned int count;       /* addresses that have one */
	struct nolist_source one; /* one of them, to be named */
};

/* What is asked of a source, in this order. Passed: it speaks for listing. */
enum check {
	CHECK_OFFENCES,   /* told "later" and left without QUIT, often enough */
	CHECK_LOW,        /* not at the low fake within the window */
	CHECK_REAL,       /* not at the real MX within the window */
	CHECK_DATA,       /* no data to the real MX within the longer window */
	CHECK_NEIGHBOURS, /* no neighbour with a verified alibi */
	CHECK_DUAL,       /* not perhaps a sender that walked over the other family */
	CHECK_GRACE,      /* had time to come back */
	CHECK_GAPS,       /* no verified evidence was lost meanwhile */
	CHECK_LEARNING,   /* not in the learning time */
	CHECK_REAL_MX,    /* the real MX is really seen */
	CHECK_CURRENT,    /* the last offence is not too old */
	CHECKS
};

struct check_result {
	bool is_asked;
	bool is_passed;
	int64_t have; /* a count, a distance or a time: see check_table in verdict.c */
	int64_t need;
};

enum judgement {
	JUDGED_NONE,     /* nothing speaks against it */
	JUDGED_ALIBI,    /* uses low or real as a good sender does */
	JUDGED_DUAL,     /* no alibi, but may have one over the other family */
	JUDGED_FEW,      /* an offence, too few of them */
	JUDGED_WAITING,  /* may still come back */
	JUDGED_HELD,     /* evidence was lost, learning, or the real MX is not seen */
	JUDGED_EXPIRED,  /* was an offender, or would have been */
	JUDGED_SUSPECT,  /* offender if its SYNs can be believed */
	JUDGED_PROBABLE, /* verified, in part by weak offences only */
	JUDGED_OFFENDER, /* verified by strong offences alone */
	JUDGED_ALLOWED,  /* either of these two, or held, but on an allow list */
	JUDGED_NEVER,    /* the same, but on the never-list */
	JUDGED_PARDONED, /* the same, but pardoned for a time */
	JUDGEMENTS
};

struct verdict {
	enum judgement is;
	bool is_verified;           /* judged by dialogues, not by contacts */
	bool is_strong;             /* strong offences alone are enough, and had their grace */
	unsigned int strong, weak;  /* offences that count, by grade */
	unsigned int excused;       /* offences that an alibi excuses */
	unsigned int learning;      /* offences of the learning time */
	int64_t paused;             /* seconds for which the grace did not run */
	int64_t since;              /* listed from; 0: nothing is due */
	int64_t until;              /* listed to */
	struct check_result check[CHECKS];
};

extern const char *const judgement_names[JUDGEMENTS];
extern const char *const check_names[CHECKS];

/*
 * The answer of a DNS list: 127.0.0.2 where strong proof suffices, 127.0.0.3 where a
 * listing stands on weaker. Also of one that is held, and stays where it was listed.
 */
static inline int verdict_tier(const struct verdict *v)
{
	return v->is_strong ? 2 : 3;
}

/* Is this source listed: verified, or with is_unverified also on its SYNs alone? */
bool verdict_is_listed(const struct verdict *v, bool is_unverified);

void verdict_of(const struct record *r, const struct neighbours *n, const struct site *site,
		const struct rules *rules, int64_t now, struct verdict *v);

/* The neighbourhood of a source as a prefix. */
struct prefix neighbours_prefix(const struct nolist_source *src, const struct rules *rules);
/* Adds a source to the neighbours of those around it, if it has a verified alibi. */
void neighbours_add(struct neighbours *n, const struct record *r, const struct site *site,
		    const struct rules *rules, int64_t now);

/*
 * A set of networks that is one sender: an address of it at the low fake and data of
 * another to the real MX are as good as both of one.
 */
struct provider {
	struct neighbours n; /* who sent data to the real MX */
	struct span low;     /* when anybody of it was at the low fake */
	bool is_without_low; /* some of that data came where there is no low fake */
};
void provider_add(struct provider *p, const struct record *r, const struct site *site, int64_t now);
/* Does p->n speak for all of the set? */
bool provider_has_alibi(const struct provider *p, const struct rules *rules);

/* Who speaks for a source, of those around it and its provider's; either may be NULL. */
struct neighbours neighbours_of(const struct nolist_source *src, const struct neighbours *around,
				const struct neighbours *provider);
/* Adds a source's contacts to what is known of the site. */
void site_add(struct site *site, const struct record *r, int64_t now);

#endif
