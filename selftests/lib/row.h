/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row of a packet table: what is sent, and what shall become of it. The frame
 * and its answer are both built from the row's own words by frame.h, so that
 * the answer wanted owes nothing to the code under test. A pass leaves the
 * frame as it was, to the bit.
 */
#ifndef NOLIST_ROW_H
#define NOLIST_ROW_H

#include <linux/bpf.h>
#include "bpf/abi.h"
#include "selftests/lib/frame.h"
#include "selftests/lib/prog.h"
#include "selftests/lib/siphash.h"
#include "selftests/lib/tap.h"

#define LOW4 "192.0.2.10"
#define REAL4 "192.0.2.20"
#define HIGH4 "192.0.2.30"
#define OWN4 "198.51.100.1"
#define BCAST4 "198.51.100.255" /* of a subnet of ours */
#define CLIENT4 "203.0.113.7"
#define LOW6 "2001:db8::10"
#define REAL6 "2001:db8::20"
#define HIGH6 "2001:db8::30"
#define OWN6 "2001:db8:1::1"
#define CLIENT6 "2001:db8:77:1:2:3:4:5"

#define NO_FLAGS 0x100

extern const unsigned char row_client_mac[6];
extern const unsigned char row_server_mac[6];

/*
 * A zero or NULL means what its comment says. With acks the segment belongs to a
 * dialogue of the high fake: 1 for the handshake's, plus bytes of ours.
 */
struct row {
	const char *name;
	enum nolist_verdict verdict;
	void (*build)(struct frame *); /* the whole frame; NULL: from what follows */
	const char *tags;	       /* 'q' 802.1Q, 'a' 802.1ad, outermost first */
	const char *src;	       /* the client */
	const char *dst;	       /* the low fake */
	unsigned int tos;	       /* or traffic class */
	void (*layer)(struct frame *); /* what stands between IP and TCP; none */
	unsigned int sport, dport;     /* 1024, 25 */
	__u32 seq, ack;		       /* 0x01020304, 0 */
	unsigned int acks;	       /* ack is the high fake's ISN plus this */
	unsigned int flags;	       /* SYN; NO_FLAGS: none */
	const char *opt;	       /* TCP options; none */
	size_t opt_len;
	__u32 tsval;		       /* their timestamp; none */
	size_t data;		       /* bytes of data, or of the next */
	const char *say;	       /* what the data is */
	void (*twist)(struct frame *); /* changes the finished frame */
	size_t pad;		       /* with Ethernet padding, so many bytes in all */
	unsigned int text;	       /* HIGH_TEXT: which reply */
};

/* Of 34 bytes, which lead to the state NOLIST_FRESH. */
#define ROW_BANNER "220 mx1.example.com ESMTP backup\r\n"
_Static_assert(sizeof(ROW_BANNER) - 1 == 34, "2 bytes a state, modulo 32");

/* The addresses above in their roles; each MX address counts under its number. */
struct nolist_config *row_conf(void);
const char *row_dst(const struct row *r);
void row_data(struct frame *f, size_t n);
void row_build(const struct row *r, struct frame *f);

/* --- what is wanted -------------------------------------------------------- */

/* From the row's words; as long as needed, and padded if the row's frame was. */
void row_answer(const struct row *r, struct frame *f);

/* Bit by verdict: those that frames came to. */
extern __u64 row_verdicts;

/* Runs a frame that was made from the row, or from which the row was made. */
int row_check_frame(struct prog *p, const struct row *r, const struct frame *in, __u32 ifindex);
int row_check(struct prog *p, const struct row *r);

/* One TAP line for many frames; what failed is shown above it. */
struct group {
	unsigned int frames, failed;
};

/* A sweep ends early where all of it fails. */
int group_more(const struct group *g);
void group_row(struct group *g, struct prog *p, const struct row *r);
void group_done(const struct group *g, const char *name);
void group_table(struct prog *p, const char *name, const struct row *rows, size_t n);

#endif
