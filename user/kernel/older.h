/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of the version before this one, 5, as bpf/abi.h had them. They are read as if they
 * were today's, so that an update loses no evidence. Nothing here writes to them.
 */
#ifndef NOLIST_OLDER_H
#define NOLIST_OLDER_H

#include "user/kernel/private.h"

#define OLDER_ABI 5u
extern const char *const older_map_names[KERN_MAPS]; /* also of their pins */

#define OLDER_VERDICTS 22
#define OLDER_EVENTS 9
#define OLDER_REPLIES (1 + 2 * 16 * 12)

struct older_contact {
	__u64 first_ns, last_ns;
	__u32 opens;
	__u32 pad;
};

struct older_contacts {
	struct older_contact low, real, high;
};
_Static_assert(sizeof(struct older_contacts) == 72, "as it was");

struct older_hour {
	__u32 hour;
	__u16 n[OLDER_EVENTS]; /* in today's order */
	__u16 pad;
};

struct older_verified {
	__u64 real_first_ns, real_last_ns;
	__u32 real_data;
	__be16 real_port;
	__u16 pad;
	__u64 high_first_ns, high_last_ns;
	__u32 hours, bad_acks;
	struct older_hour hour[NOLIST_HOURS];
};
_Static_assert(sizeof(struct older_verified) == 240, "as it was");

struct older_stats {
	__u64 verdict[OLDER_VERDICTS];
	__u64 contacts_new, contacts_lost, contacts_limited[NOLIST_ROLES];
	__u64 verified_new, verified_lost, verified_lost_ns;
	struct nolist_bad_acks bad_acks[NOLIST_HOURS];
	struct nolist_real real[2][NOLIST_HOURS];
	struct nolist_budget budget[NOLIST_ROLES];
	struct nolist_mxstats mx[NOLIST_MX_MAX];
};
_Static_assert(sizeof(struct older_stats) == 16976, "as it was");

struct older_config {
	__u32 magic, version, seed, ports;
	__be16 port[NOLIST_PORT_MAX];
	__u64 until_ns;
	__u32 partials, partial[NOLIST_PARTIAL_MAX];
	__u32 macs;
	__u64 mac[NOLIST_MAC_MAX];
	struct nolist_slot slot[NOLIST_SLOTS];
	__u32 is_split, pad;
	struct nolist_reply reply[OLDER_REPLIES];
};
_Static_assert(sizeof(struct older_config) == 48 + 256 + 256 + 98304 + 8 + 77000, "as it was");

/* Bytes of its nolist_meta: a prefix of today's, whose other fields read as zero. */
#define OLDER_META 88

void older_contacts(const struct older_contacts *old, struct nolist_contacts *c);
void older_verified(const struct older_verified *old, struct nolist_verified *v);
void older_stats(const struct older_stats *old, struct nolist_stats *s);
/* All but the replies, of which only the banner is read. */
void older_config(const struct older_config *old, struct nolist_config *conf);

#endif
