/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges one source: a pure function of its record, its neighbourhood, what is
 * known of the site, the rules and a clock. No kernel, no files, no globals, so
 * that a verdict can be replayed, explained and tested with made-up time.
 *
 * Every doubt is decided in favour of the source: where evidence may have been lost, or
 * a time is only known as from-to, the verdict assumes whatever acquits.
 *
 * All times are seconds since 1970, all durations seconds.
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
		int64_t real_last; /* the last contact of any source, even a SYN; 0: none */
		int64_t data_last; /* the last contact with data, or imported; 0: none */
		bool is_or_later;  /* both may have been later, up to now */
		const struct real_hour *hour; /* its connections; ascending */
		size_t hours;
		/* By site_ready(): */
		struct span *unhealthy; /* when it was unhealthy; ascending, disjoint */
		size_t n_unhealthy;
		struct span *pause; /* unhealthy or learning: no grace runs; ascending, disjoint */
		size_t pauses;
	} family[2];               /* IPv4, IPv6 */
	bool is_unseen_accepted;   /* "real-mx-unseen = accept" */
	bool is_dual_accepted;     /* "dual-stack = accept" */
	bool is_pipelined_accepted; /* "pipelined-only = accept" */
	int64_t until;             /* what is known of it ends here, as of a node's last push; 0: now */
	bool is_replay;            /* --at: later events are in the records, and are left out */
	const struct span *lost;   /* when verified evidence was lost; ascending */
	size_t losts;
	/* When contacts may have been lost in a flood; ascending, disjoint. */
	const struct span *flood[FLOODS];
	size_t floods[FLOODS];
	const struct evidence_acks *acks; /* wrong acknowledgements; ascending */
	size_t n_acks;
	const struct mx_change *change; /* loads, with their MX addresses; ascending */
	size_t changes;
	/* By site_ready(): */
	struct span *learning; /* when it was learning; ascending, disjoint */
	size_t learnings;
};

/* What the evidence says of the site: its hours, changes and gaps, which the evidence owns. */
void site_take(struct site *site, const struct evidence *evidence);

/*
 * Finds from its hours and changes when the real MX was unhealthy, and when it was
 * learning, as of now. 0 or -ENOMEM; site_free() frees the results.
 */
int site_ready(struct site *site, const struct rules *rules, int64_t now);
void site_free(struct site *site);

/*
 * When the real MX of a family (0: IPv4, 1: IPv6) was seen last; 0: never. If it ever got
 * data, SYNs do not count: otherwise one forged SYN a day would keep it "seen".
 */
int64_t site_seen(const struct site *site, int family);
bool site_is_seen(const struct site *site, const struct rules *rules, int family, int64_t now);
/* Is the real MX unhealthy now? No grace ends meanwhile. */
bool site_is_unhealthy(const struct site *site, int family, int64_t now);
/*
 * Could a sender have walked low and real over the other family then, without a trace in
 * this one? An MTA tries all addresses of the low fake before it goes on. If the low fake
 * has no address in this family, a source that comes to a high fake in this family may
 * have been refused in the other one.
 */
bool site_has_no_low(const struct site *site, int family, struct span when);
/* The same for the addresses in force now. */
bool site_has_no_low_now(const struct site *site, int family);
/* Was there a flood between these times? */
bool site_is_flooded(const struct site *site, enum flood_of of, int64_t from, int64_t to);
/* Until when it is learning; 0: it is not. */
int64_t site_learning_until(const struct site *site, int64_t now);

/* Hours, by UTC: bit i is i hours before the hour of now. */
#define JUDGE_HOURS (35 * 24)
struct hours {
	uint64_t bit[(JUDGE_HOURS + 63) / 64];
};

/* Verified alibis of the /24 or /48 that a source is in. */
struct neighbours {
	struct span when;         /* from the first to the last alibi */
	unsigned int count;       /* addresses that have an alibi */
	struct nolist_source one; /* one of them, for explain */
	const struct hours *walked; /* when the provider's set walked; NULL: it is in no set */
};

/* The checks of a source, in this order. Passed: nothing here prevents its listing. */
enum check {
	CHECK_OFFENCES,   /* tempfailed and left without QUIT, often enough */
	CHECK_LOW,        /* not at the low fake within the window */
	CHECK_REAL,       /* not at the real MX within the window */
	CHECK_DATA,       /* no data to the real MX within the longer window */
	CHECK_NEIGHBOURS, /* no neighbour with a verified alibi */
	CHECK_DUAL,       /* cannot have walked over the other family */
	CHECK_GRACE,      /* had time to come back */
	CHECK_GAPS,       /* no verified evidence was lost meanwhile */
	CHECK_FLOOD,      /* a flood cannot have hidden what it did before */
	CHECK_LEARNING,   /* not while learning */
	CHECK_REAL_MX,    /* the real MX is seen */
	CHECK_CURRENT,    /* the last offence is not too old */
	CHECKS
};

struct check_result {
	bool is_asked;
	bool is_passed;
	int64_t have; /* a count, seconds or a time, as the check needs; -1: none */
	int64_t need;
};

enum judgement {
	JUDGED_NONE,     /* no offence recorded */
	JUDGED_ALIBI,    /* uses low or real as a good sender does */
	JUDGED_DUAL,     /* no alibi, but may have one over the other family */
	JUDGED_FEW,      /* offences, but too few */
	JUDGED_WAITING,  /* may still come back */
	JUDGED_HELD,     /* evidence was lost, learning, or the real MX is not seen */
	JUDGED_EXPIRED,  /* was an offender, or would have been */
	JUDGED_SUSPECT,  /* offender if its SYNs can be believed */
	JUDGED_PROBABLE, /* verified, in part by weak offences only */
	JUDGED_OFFENDER, /* verified by strong offences alone */
	JUDGED_ALLOWED,  /* one of these three, or held, but on an allow list */
	JUDGED_NEVER,    /* the same, but on the never-list */
	JUDGED_PARDONED, /* the same, but pardoned for a time */
	JUDGED_TEST,     /* a source of tests, whatever it did (tests.h) */
	JUDGEMENTS
};

/* What ended a listing before its time. */
enum freed {
	FREED_NONE,
	FREED_WALKS,    /* two walks, or two visits where there is no low fake */
	FREED_SET,      /* two walks of its provider's set */
	FREED_ACCEPTED, /* deliveries that were accepted after all filters */
	FREED_LIFTED,   /* a request from its own address, at the look-up page */
};

struct verdict {
	enum judgement is;
	bool is_verified;           /* judged by dialogues, not by contacts */
	bool is_strong;             /* strong offences alone are enough, and had their grace */
	unsigned int strong, weak;  /* offences that count, by grade */
	unsigned int bursts;        /* of these, offences with commands sent together */
	unsigned int excused;       /* offences that an alibi excuses */
	unsigned int learning;      /* offences while learning */
	unsigned int hidden;        /* offences before which a flood may have hidden contacts */
	int64_t paused;             /* seconds for which the grace did not run */
	int64_t since;              /* listed from; 0: nothing is due */
	int64_t until;              /* listed to */
	int64_t freed;              /* its last listing ended then before its time; 0: it did not */
	enum freed freed_by;
	/* What may free it; only of a source that is listed: */
	unsigned int walks;         /* 0 or 1, of 2 */
	int64_t walk_next;          /* the next one counts from then on; 0: at any time */
	unsigned int accepted;      /* days with accepted mail */
	struct check_result check[CHECKS];
};

extern const char *const judgement_names[JUDGEMENTS];
extern const char *const check_names[CHECKS];

/*
 * The answer of a DNS list: 127.0.0.2 if strong evidence suffices, 127.0.0.3 if the
 * listing needs weaker evidence. Also for a held source that stays listed.
 */
static inline int verdict_tier(const struct verdict *v)
{
	return v->is_strong ? 2 : 3;
}

/* Is this source listed: verified, or with is_unverified also on its SYNs alone? */
bool verdict_is_listed(const struct verdict *v, bool is_unverified);

void verdict_of(const struct record *r, const struct neighbours *n, const struct site *site,
		const struct rules *rules, int64_t now, struct verdict *v);

/*
 * What one node knows of a source. Its offences are judged by its own site: its gaps, its learning,
 * its real MX. SYNs excuse at their own node only; what is verified excuses at every node.
 */
struct side {
	struct record r;
	const struct neighbours *n; /* as all nodes see them; or NULL */
	const struct site *site;
	unsigned int operator;      /* from 0 on, of this source */
};

#define LEAVE_OUT_MAX 8

/* The same of several nodes: enough hours must remain without any leave_out operators. */
void verdict_of_sides(struct side *side, unsigned int sides, unsigned int leave_out,
		      const struct rules *rules, int64_t now, struct verdict *v);

/* The neighbourhood of a source as a prefix. */
struct prefix neighbours_prefix(const struct nolist_source *src, const struct rules *rules);
/* Adds a source to the neighbours of its neighbourhood, if it has a verified alibi. */
void neighbours_add(struct neighbours *n, const struct record *r, const struct site *site,
		    const struct rules *rules, int64_t now);

/* Adds as one address what several nodes know of it. */
void neighbours_join(struct neighbours *to, const struct neighbours *from);

/*
 * A set of networks that is one sender: one address at the low fake and another one that
 * sends data to the real MX count as if both were the same.
 */
struct provider {
	struct neighbours n; /* its addresses that sent data to the real MX */
	struct span low;     /* when any of its addresses was at the low fake */
	bool is_without_low; /* some of that data came where there is no low fake */
	struct hours low_hours, data_hours; /* of any of its addresses */
	struct hours walked; /* one walked, or one was at the low fake and another sent data */
};
void provider_add(struct provider *p, const struct record *r, const struct site *site, int64_t now);
/* Adds what another node has gathered; its hours were counted from so many hours earlier. */
void provider_join(struct provider *to, const struct provider *from, int64_t later);
/* Is p->n an alibi for the whole set? */
bool provider_has_alibi(const struct provider *p, const struct rules *rules);

/* The alibis for a source, from the addresses around it and its provider; either may be NULL. */
struct neighbours neighbours_of(const struct nolist_source *src, const struct neighbours *around,
				const struct neighbours *provider);
/* Updates when the real MX was seen last (up to now) by a source's contacts. */
void site_add(struct site *site, const struct record *r, int64_t now);

#endif
