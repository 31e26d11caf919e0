/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What show, explain and dump have in common: takes configuration and evidence,
 * gathers site, alibis and never-lists once, then judges source by source. The caller
 * opens the evidence: neither the kernel nor the store is opened here.
 *
 * Functions return 0 or -errno, explained by failure_of().
 */
#ifndef NOLIST_JUDGE_H
#define NOLIST_JUDGE_H

#include "user/config/conf.h"
#include "user/evidence/evidence.h"
#include "user/judge/hold.h"
#include "user/base/prefix_set.h"
#include "user/judge/files.h"
#include "user/judge/providers.h"
#include "user/base/text.h"
#include "user/judge/verdict.h"
#include "user/record/ranges.h"

struct origin;      /* user/origin/origin.h */
struct origin_file;

struct judge {
	int64_t now;
	bool is_replay; /* --at: judge as of an earlier time */
	const struct conf *conf;
	const char *state_dir; /* where lists note their growth */
	struct rules rules;
	struct site site;
	struct evidence *evidence;
	struct prefix_set *never; /* built in, and of this host and its networks */
	struct prefix_set *allow; /* from the allow files */
	struct prefix_set *pardon; /* pardons in force */
	struct prefix_set *tests;  /* sources of tests */
	struct ranges only; /* of the evidence; empty: of all sources */
	/* Neighbourhoods with an alibi, in the order of addresses. */
	struct judge_group {
		struct nolist_addr addr; /* its first address */
		struct neighbours n;
	} *group;
	size_t groups;
	struct files files;          /* what could not be used of the configuration's files */
	struct providers *providers; /* sets of networks */
	struct provider *provider;   /* of each set, in their order */
	struct origin_file *origin;  /* the caller's: where sources come from; NULL: not shown */
	const struct judge_given *given; /* the sources of all walks; NULL: those of the evidence */
	int error; /* why the last walk ended early; 0: it did not */
};

struct judge_options {
	const struct conf *conf; /* the caller's; outlives the judge */
	const char *state_dir;
	int64_t at;         /* judge as of then; 0: now */
	const char **allow; /* further allow files */
	int allows;
	bool is_keeping; /* keep the good content of the configuration's files */
};

/* Sources that were judged before, in the order of addresses: in place of a walk over evidence. */
struct judged;
struct judge_given {
	void *arg;
	void (*start)(void *arg);
	bool (*next)(void *arg, struct judged *of);
};

/* One source and its verdict. */
struct judged {
	struct record r;
	struct verdict v;
	struct neighbours n; /* n.count is 0: none has an alibi */
	const char *provider; /* the set that it is in, or NULL */
	int64_t pardoned_until; /* 0: it is not pardoned */
	enum hold hold;         /* why it is held; HOLD_NONE: it is not */
	/* Only for what prints it, which sets it before; NULL: unknown. */
	const struct origin *origin;
};

/* Reads the files that the configuration names; judge_close() is always safe afterwards. */
int judge_open(struct judge *j, const struct judge_options *o);
/*
 * Which evidence is needed to judge one source: its own, that of its neighbourhood and its
 * provider, and of sources of tests. 0 or -ENOMEM.
 */
int judge_ranges(const struct judge *j, const struct nolist_source *src, struct ranges *to);
/*
 * Then takes the evidence over (judge_close() frees it), and walks over all of it once. -EAGAIN: it
 * is of some sources only, but all are needed; judge_take() may be called once more.
 */
int judge_take(struct judge *j, struct evidence *evidence);
/*
 * In place of judge_take(): this host's own evidence, of which only pardons, lifts and addresses are
 * used; and then the sources of all walks, when the caller has filled j->site.
 */
int judge_take_own(struct judge *j, struct evidence *own);
int judge_take_given(struct judge *j, const struct judge_given *given);
/* The pardon in force for a source; NULL: there is none. */
const struct prefix_entry *judge_pardon(const struct judge *j, const struct nolist_source *src);
/* After the verdict: its hold, and whether it is a source of tests, on the never-list, allowed or pardoned. */
void judge_settle(const struct judge *j, const struct site *site, struct judged *of);
void judge_close(struct judge *j);

/* alibis.c: alibis from neighbours and providers. For judge.c, and for what judges other evidence. */
int judge_read_providers(struct judge *j);
int judge_find_groups(struct judge *j);
void judge_neighbours(const struct judge *j, struct judged *of);

/*
 * A walk over the sources in the order of addresses. What a record points to is valid
 * until the next call. judge_end() says afterwards whether the walk came to its end:
 * 0 or -errno.
 */
void judge_start(struct judge *j, enum evidence_kind kind);
bool judge_next(struct judge *j, struct judged *of);
/* The same where it is, without a copy, or in the room given; NULL: the end. Valid until the next call. */
const struct judged *judge_next_of(struct judge *j, struct judged *room);
/* The same without judging, where only the record is needed. Not of sources that are given. */
void judge_start_records(struct judge *j, enum evidence_kind kind);
bool judge_next_record(struct judge *j, struct record *r);
int judge_end(struct judge *j);
/*
 * Judges one source; false if nothing is known of it (or on an error, see judge_end()):
 * it is judged all the same, with an empty record. Ends a walk.
 */
bool judge_find(struct judge *j, const struct nolist_source *src, struct judged *of);
/*
 * bounds.c: where the tables were looked up, the real MX may have been seen later than is known.
 * 0: whenever it was, the source is judged as judge_find() does; -EAGAIN: only a walk tells; -errno.
 */
int judge_is_certain(struct judge *j, const struct nolist_source *src);

/* Was the real MX seen in a family (0: IPv4, 1: IPv6) as lately as the rules demand? */
bool judge_is_seen(const struct judge *j, int family);

#endif
