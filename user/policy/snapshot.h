/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of clients, as the last list of the format "policy" has it (rows.h): mapped, read
 * only, and searched without a system call.
 */
#ifndef NOLIST_POLICY_SNAPSHOT_H
#define NOLIST_POLICY_SNAPSHOT_H

#include "user/policy/decide.h"
#include "user/policy/mode.h"
#include "user/base/addr.h"

#define SNAPSHOT_WORDS 256

struct snapshot_site {
	enum policy_mode mode;
	struct policy_rules rules;
	int64_t time; /* that it was made at */
	int64_t good_until, limited_last, learning_until;
	unsigned int throttle[THROTTLE_WHATS][THROTTLE_BYS]; /* in an hour; 0: any number */
	bool is_throttled;            /* any of these */
	bool is_gated;                /* the gate goes by networks */
	bool has_low[2];              /* IPv4, IPv6 */
	unsigned int bits[2];         /* of a network */
	char name[SNAPSHOT_WORDS];    /* of this host, for the header */
	char reason[SNAPSHOT_WORDS];  /* '$' stands for the address */
};

struct policy_snapshot;

/* fd: of the file, which stays the caller's. 0, -ENOMEM, or -EBADMSG: it is no such file. */
int policy_snapshot_open(struct policy_snapshot **sp, int fd);
void policy_snapshot_free(struct policy_snapshot *s); /* accepts NULL */
const struct snapshot_site *policy_snapshot_site(const struct policy_snapshot *s);
/*
 * Sets what f has of the client and the site, and nothing of the request. Returns the key of its
 * network or provider: what is remembered of those that were deferred goes by it.
 */
uint64_t policy_snapshot_find(const struct policy_snapshot *s, const struct nolist_addr *client,
			      struct policy_facts *f);

/* Is the recipient of these keys (row_recipient_keys()) one that is never deferred? */
bool policy_snapshot_excepts(const struct policy_snapshot *s, const uint64_t key[3]);

#endif
