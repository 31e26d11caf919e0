/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of a high fake, packet by packet, by BPF_PROG_TEST_RUN: keeps the
 * numbers that a TCP keeps (RFC 9293, 7323), sends what the test says, and has
 * each frame that comes back judged by talk_judge.h. Of bpf/ it knows the layout
 * of the configuration and of the evidence.
 */
#ifndef NOLIST_TALK_H
#define NOLIST_TALK_H

#include <linux/bpf.h>
#include "selftests/lib/prog.h"
#include "user/config/dialogue.h"

#define TALK_STREAM 65536 /* bytes that one client may send */

/* --- the program under test ---------------------------------------------- */

/* Puts a dialogue in force, as `load` does. */
void talk_configure(struct prog *s, const struct dialogue *d);
/* The same where only these domains are ours, written as in the configuration; NULL ends them. */
void talk_configure_domains(struct prog *s, const struct dialogue *d, const char *const *domain);

/* Wrong acknowledgements counted so far. */
unsigned long talk_bad_acks(const struct prog *s);

/* --- the client ---------------------------------------------------------- */

/* Where among the options the timestamps stand. */
enum talk_style { STYLE_LINUX, STYLE_FIRST, STYLE_ODD, STYLE_LAST, STYLE_BEHIND_SACK, STYLES };

struct talk {
	const struct prog *server;
	unsigned char src[16], dst[16]; /* IPv4 in the last four, mapped */
	unsigned int sport;
	const char *tags; /* 'q' 802.1Q, 'a' 802.1ad, outermost first */
	int is_ip6, has_ts, is_split;
	int is_liar; /* it acknowledges what it never got, so any answer to it is right */
	enum talk_style style;
	uint32_t iss, snd_nxt, snd_una;
	uint32_t irs, rcv_nxt;
	int is_open;          /* has seen the SYN,ACK */
	int is_ended;         /* has seen our FIN */
	uint32_t sent_end;    /* no byte from here on was ever sent */
	uint32_t shown_end;   /* the server was shown all bytes before */
	uint32_t clock, ts_recent;
	unsigned char shown[TALK_STREAM]; /* by distance from iss: the server was shown it */
};

/* A segment that the client sends; numbers in host order. */
struct talk_seg {
	unsigned int flags;
	uint32_t seq, ack;
	unsigned int window;
	int has_ts;
	uint32_t tsval, tsecr;
	const void *options; /* instead of the usual ones */
	size_t options_len;
	const char *data;
	size_t len;
	int is_broken; /* a wrong checksum */
};

/* What came back. */
struct talk_got {
	int is_frame;
	unsigned int flags;
	uint32_t seq, ack;
	unsigned int window, mss;
	int has_ts;
	uint32_t tsval, tsecr;
	size_t len;
	char text[1500];
};

/* Client number n: a source of its own (an IPv6 /64 of its own). */
void talk_start(struct talk *t, const struct prog *s, unsigned int n, int is_ip6, int has_ts);

/* It is answered by a split handshake, where it calls from where clients do. */
void talk_split(struct talk *t);

/* The segment that the client would send now. */
struct talk_seg talk_seg(const struct talk *t, const char *data, size_t len);
void talk_frame(const struct talk *t, const struct talk_seg *g, struct frame *f);

/* --- sending ------------------------------------------------------------- */

/* These bytes of the stream have been sent, and shown to the server unless lost. */
void talk_note(struct talk *t, const struct talk_seg *s, int is_lost);

/* Shows the segment to the program: NULL, or what is wrong with its answer. */
const char *talk_send(struct talk *t, const struct talk_seg *s, struct talk_got *g);

/* The client receives it (RFC 9293 3.10.7): NULL, or why it cannot. */
const char *talk_take(struct talk *t, const struct talk_got *g);

/* Sends the next bytes of the stream, and receives what comes back. */
const char *talk_say(struct talk *t, const char *data, size_t len, unsigned int more_flags,
		     struct talk_got *g);

/* SYN and the third segment; g is the banner. */
const char *talk_connect(struct talk *t, struct talk_got *g);

/* --- evidence ------------------------------------------------------------ */

int talk_verified(const struct talk *t, struct nolist_verified *r);

/* "strong 1, quit 1": what is noted of this client; "none": it has no record. */
const char *talk_evidence(const struct talk *t);

#endif
