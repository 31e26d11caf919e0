/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What status shows, read once, so that text (status_text.c) and JSON (status_json.c)
 * agree.
 */
#ifndef NOLIST_STATUS_H
#define NOLIST_STATUS_H

#include "user/base/failure.h"
#include "user/config/conf.h"
#include "user/evidence/maillog.h"
#include "user/kernel/kern.h"
#include "user/store/store.h"

/* Every verdict's name, and its meaning to an administrator. */
struct status_verdict {
	const char *name, *help;
};
/* Why SYNs of listed sources passed. */
extern const char *const status_lenient[NOLIST_LENIENCIES];
/* Why SYNs passed the gate; NULL: in reserve. */
extern const char *const status_gate[NOLIST_GATE_PASSES];
/* "network", "source" or "connection": by what it counts first tries. */
const char *status_gate_by(const struct nolist_gate *gate);
extern const struct status_verdict status_verdicts[NOLIST_VERDICTS];
/* A verdict's name; "verdict_NN" for one that only a newer program has. */
#define STATUS_VERDICT 24
const char *status_verdict_name(int verdict, char text[STATUS_VERDICT]);

#define STATUS_WARNINGS 16

/* A list as the last dump recorded it. */
struct status_list {
	char *path;
	bool is_missing; /* its file */
	bool is_configured; /* dump --all writes it */
	struct store_list is;
};

struct status {
	const char *pin_dir, *state_dir;
	struct kern *k;
	const struct kern_if *ifs;
	int n_ifs;
	struct nolist_stats stats;
	struct kern_fill fill;
	unsigned long long contacted_ns, verified_ns; /* last contact with the real MX; 0: none */
	__u32 test[NOLIST_TEST_MAX];                /* sources of tests, of one set */
	long long offset;                           /* to wall time */
	struct nolist_config *conf;                 /* scratch for one set */
	const struct conf *rules;                   /* the configuration file */
	int64_t now;
	int store_error; /* the store cannot be read; 0: it can, or there is none */
	struct failure store_failure;
	int64_t collected_at; /* 0: never */
	int64_t learning_until; /* 0: it is not learning */
	struct followed log; /* of "maillog"; all zero: it was never read */
	int64_t flooded_at; /* when contacts may have been lost in a flood, last; 0: never */
	struct status_list *list;
	size_t lists;
	char warning[STATUS_WARNINGS][160];
	int warnings;
	struct kern_feature missing[KERN_FEATURES_MAX]; /* in this kernel */
	int n_missing;
};

/*
 * 0 or -errno, explained by failure_of(); status_free() is always safe afterwards. rules is
 * the caller's, and outlives it.
 */
int status_read(struct status *s, const struct conf *rules, const char *pin_dir,
		const char *state_dir);
void status_free(struct status *s);

/* Fills learning_until; store may be NULL. For status.c only. 0 or -errno. */
int status_find_learning(struct status *s, struct store *store);
/* Fills flooded_at, in the same way. */
int status_find_flood(struct status *s, struct store *store);
void status_text(struct status *s);
int status_json(struct status *s); /* 0, or -errno of the output */

/*
 * When the program of an instance was detached, the latest first, and still is (to_ns 0): how
 * many. from_ns 0: since the last collect.
 */
int status_detached(const struct status *s, int instance,
		    struct nolist_detached d[NOLIST_DETACHED + 1]);
/* Seconds since 1970 of a time of the tables. */
long long status_wall_s(const struct status *s, unsigned long long ns);
/* How many were evicted, as the longest idle: added, but no longer there. */
unsigned long long status_evicted(unsigned long long added, unsigned int present);
/* Contacts that were not recorded since there were too many: a flood. */
unsigned long long status_limited(const struct nolist_stats *t);
/* What came to the MX of this slot; zeros if its index is invalid. */
struct nolist_mxstats status_mx_count(const struct nolist_stats *t, const struct nolist_slot *slot);
/* When an hour of the evidence began, in ns of the tables' clock; at least 1, since 0 is never. */
unsigned long long status_hour_ns(unsigned int hour);
unsigned long long status_frames(const struct status *s);
/* Sorts the MX addresses to the front of slot[] and counts them. For printing only. */
int status_mx(struct nolist_config *conf);
/*
 * The table of listed sources at the real MX. enforced, noted, braked or expired; none: nothing
 * has put one in force yet.
 */
struct status_block {
	const char *mode;
	unsigned long long made_ns, until_ns; /* 0: there is none */
	unsigned int prefixes, senders, refused;
	unsigned int tarpits; /* sources with many offences */
	bool is_held;         /* they are held at the real MX */
};
/* False: listed sources are not asked for. */
bool status_block(const struct status *s, int instance, struct status_block *b);
struct status_tenant {
	unsigned int addresses;
	struct nolist_mxstats sum; /* of its addresses */
	struct nolist_tenanted came;
};
/* What came to a tenant; n as of status_mx(), after it. False: it has no address. */
bool status_tenant(struct kern *k, int instance, const struct nolist_config *conf, int n,
		   const struct nolist_stats *stats, unsigned int number, struct status_tenant *t);
/* Of each of them. */
struct writer;
void status_tenants_text(const struct status *s, int instance, int n, const struct nolist_stats *stats);
void status_tenants_json(struct writer *o, const struct status *s, int instance, int n,
			 const struct nolist_stats *stats);
/* Does this interface drop what a closed port is silent to? */
bool status_is_silent(const struct nolist_config *conf, int ifindex);
const struct nolist_reply *status_banner(const struct nolist_config *conf);
/* Without CR LF. */
int status_banner_len(const struct nolist_config *conf);

#endif
