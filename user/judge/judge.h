/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What show, explain and dump have in common: takes configuration and evidence,
 * gathers site, alibis and never-lists once, then judges source by source. Where the
 * evidence came from is not asked: no kernel, no store is opened here.
 *
 * Functions return 0 or -errno, explained by failure_of().
 */
#ifndef NOLIST_JUDGE_H
#define NOLIST_JUDGE_H

#include "user/config/conf.h"
#include "user/evidence/evidence.h"
#include "user/judge/hold.h"
#include "user/base/prefix_set.h"
#include "user/judge/providers.h"
#include "user/base/text.h"
#include "user/judge/verdict.h"

struct judge {
	int64_t now;
	bool is_replay; /* --at: as of then */
	const struct conf *conf;
	const char *state_dir; /* where lists note their growth */
	struct rules rules;
	struct site site;
	struct evidence *evidence;
	struct prefix_set *never; /* built in and around us */
	struct prefix_set *allow; /* files */
	struct prefix_set *pardon; /* those in force */
	/* Neighbourhoods with an alibi, in the order of addresses. */
	struct judge_group {
		struct nolist_addr addr; /* its first address */
		struct neighbours n;
	} *group;
	size_t groups;
	struct providers *providers; /* sets of networks */
	struct provider *provider;   /* of each set, in their order */
	int error; /* of a walk that ended before its end */
};

struct judge_options {
	const struct conf *conf; /* the caller's; outlives the judge */
	const char *state_dir;
	int64_t at;         /* judge as of then; 0: now */
	const char **allow; /* further allow files */
	int allows;
};

/* One source and what it is judged to be. */
struct judged {
	struct record r;
	struct verdict v;
	struct neighbours n; /* n.count is 0: none has an alibi */
	const char *provider; /* the set that it is in, or NULL */
	int64_t pardoned_until; /* 0: it is not pardoned */
	enum hold hold;         /* what holds it back; HOLD_NONE: nothing */
};

/* Reads the files that the configuration names; judge_close() is always safe afterwards. */
int judge_open(struct judge *j, const struct judge_options *o);
/* Then takes the evidence over, and looks at all of it. */
int judge_take(struct judge *j, struct evidence *evidence);
void judge_close(struct judge *j);

/* alibis.c: who speaks for whom. For judge.c only. */
int judge_read_providers(struct judge *j);
int judge_find_groups(struct judge *j);
void judge_neighbours(const struct judge *j, struct judged *of);

/*
 * A walk over the sources in the order of addresses; of what is pointed to by a
 * record nothing outlives the next call. Whoever wants to know whether it came to
 * the end asks judge_end() afterwards.
 */
void judge_start(struct judge *j, enum evidence_kind kind);
bool judge_next(struct judge *j, struct judged *of);
/* The same without judging, for those who only want to know what a source did. */
bool judge_next_record(struct judge *j, struct record *r);
int judge_end(struct judge *j);
/* A source that need not be known: true if it is; ends a walk. Failures are told as above. */
bool judge_find(struct judge *j, const struct nolist_source *src, struct judged *of);

/* Is the real MX seen in a family (0: IPv4, 1: IPv6), as the rules ask? */
bool judge_is_seen(const struct judge *j, int family);

#endif
