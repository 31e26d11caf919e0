/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of sources that are listed at the real MX: how it lies in memory, and how it is
 * read. Both sides include it; whoever does defines block_at(table, line): the line with that
 * number, or NULL.
 *
 * The table is one array of cache lines, so that one write puts another one in its place. Who
 * builds it decides what goes before what: here each source has one action at most.
 *
 *   IPv4  A bit for each /24: is anything known of it? If so, four bits: an action for all of it,
 *         and whether single addresses have their own (BLOCK_ASK). These are entries of 32 bits in lines that are found by a hash
 *         without loss: the upper bits of the mixed address name the line, an entry has the rest.
 *   IPv6  A bit for each value of a hash of the /32; where it is set, keys of 64 bits, which are
 *         prefixes of three lengths. The longest one counts.
 *
 * Where a line is full, the next ones are searched, NOLIST_BLOCK_PROBES in all; of IPv6
 * NOLIST_BLOCK_PROBES6.
 */
#ifndef NOLIST_BLOCK_H
#define NOLIST_BLOCK_H

#include "abi.h"

#define NOLIST_BLOCK_PROBES 8  /* of IPv4: a table may be full to two thirds */
#define NOLIST_BLOCK_PROBES6 4

/* What becomes of a source at the real MX. */
enum nolist_action {
	NOLIST_ACT_NONE = 0,     /* nothing is known of it; or it was taken off the list */
	NOLIST_ACT_NOTE = 1,     /* it passes, and is counted */
	NOLIST_ACT_TEMPFAIL = 2, /* it is tempfailed in a dialogue, as by a high fake */
	NOLIST_ACT_RESET = 3,    /* its SYNs are reset */
	NOLIST_ACT_DROP = 4,     /* its SYNs are dropped */
	NOLIST_ACT_TARPIT = 5,   /* it has many offences: held, where that is configured */
	NOLIST_ACT_ALLOW = 7,    /* it passes, and nothing else may refuse it */
	NOLIST_ACTIONS = 8
};

/* What the head says of the whole table. */
enum nolist_block_mode {
	NOLIST_BLOCK_ENFORCED = 0,
	NOLIST_BLOCK_NOTED = 1,  /* "enforce = note" */
	NOLIST_BLOCK_BRAKED = 2, /* it would refuse too many verified senders: all pass */
};

struct nolist_block_head {
	__u32 magic; /* NOLIST_MAGIC */
	__u32 mode;  /* enum nolist_block_mode */
	__u64 until_ns; /* after that time all pass */
	__u64 made_ns;  /* what was known then is in it */
	__u32 seed;     /* of the hashes */
	__u32 first4;   /* line of the entries of IPv4 */
	__u32 first6;   /* of the keys of IPv6 */
	__u8 bits4;     /* there are 2^bits4 lines of entries */
	__u8 bits6;
	__u8 lengths6;  /* which lengths there are: bits of enum nolist_block_length */
	__u8 held;      /* NOLIST_ACT_TARPIT at the real MX: itself, or the action that is meant */
	__u32 prefixes; /* that it was made of, for people, as all below */
	__u32 senders;  /* verified ones, of late */
	__u32 refused;  /* of these, what it refuses, or would */
	__u32 tarpits;  /* sources with NOLIST_ACT_TARPIT */
	__u32 reserved[2];
};

struct nolist_block_line {
	union {
		__u64 w[8];
		__u32 e[16];
		struct nolist_block_head head;
	};
};
_Static_assert(sizeof(struct nolist_block_line) == 64, "a cache line");

/*
 * The parts. An IPv4 source of which nothing is known costs one line of NOLIST_BLOCK_KNOWN: these
 * 2 MiB mostly are in the processor's caches, where the 8 MiB of the four bits are not.
 */
#define NOLIST_BLOCK_NETS 131072u /* 2^24 times four bits */
#define NOLIST_BLOCK_MAYBE NOLIST_BLOCK_NETS
#define NOLIST_BLOCK_MAYBES 1024u
#define NOLIST_BLOCK_HEAD (NOLIST_BLOCK_MAYBE + NOLIST_BLOCK_MAYBES)
#define NOLIST_BLOCK_KNOWN (NOLIST_BLOCK_HEAD + 1) /* a bit for each /24 */
#define NOLIST_BLOCK_KNOWNS 32768u
#define NOLIST_BLOCK_FIRST (NOLIST_BLOCK_KNOWN + NOLIST_BLOCK_KNOWNS) /* of what differs in size */

/* Of a /24: the lower three bits are its action. */
#define NOLIST_BLOCK_ASK 8u

/* An entry of IPv4. */
#define NOLIST_BLOCK_USED 0x80000000u
#define NOLIST_BLOCK_ACT 28 /* shift of the action, three bits */
#define NOLIST_BLOCK_PROBE 25 /* shift of the number of lines that were full before this one */
#define NOLIST_BLOCK_REST 0x01ffffffu
#define NOLIST_BLOCK_BITS4_MIN 7 /* so that the rest of an address fits */
#define NOLIST_BLOCK_BITS4_MAX 22

/* A line of IPv6: keys in w[0] to w[6], and a byte of w[7] for each. */
#define NOLIST_BLOCK_KEYS 7
#define NOLIST_BLOCK_USED6 0x80u
#define NOLIST_BLOCK_LENGTH6 3 /* shift of the length, two bits; the action is below it */

enum nolist_block_length { NOLIST_BLOCK_64 = 0, NOLIST_BLOCK_48 = 1, NOLIST_BLOCK_32 = 2 };

/* One to one: no two addresses have the same. addr in host byte order. */
static inline __u32 nolist_block_mix4(__u32 addr, __u32 seed)
{
	addr = (addr ^ seed) * 0x9e3779b1u;
	addr = (addr ^ addr >> 15) * 0x85ebca77u;
	return addr ^ addr >> 13;
}

/* A key of a length: the upper half of an address in host byte order, cut to it. */
static inline __u64 nolist_block_key6(__u64 net, enum nolist_block_length length)
{
	return net >> 16 * length << 16 * length;
}

static inline __u64 nolist_block_mix6(__u64 key, enum nolist_block_length length, __u32 seed)
{
	key = (key ^ seed ^ (__u64)(length + 1) << 14) * 0x9e3779b97f4a7c15ull;
	return (key ^ key >> 29) * 0xbf58476d1ce4e5b9ull;
}

/* The bit of a /32 among those of NOLIST_BLOCK_MAYBES lines. */
static inline __u32 nolist_block_maybe(__u64 net)
{
	return (__u32)(net >> 32) * 0x9e3779b1u >> 13;
}

#endif
