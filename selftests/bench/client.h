/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the SMTP client in XDP (client.bpf.c) and its user side (sessions.c) share.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <linux/types.h>

#define CLIENT_LANES 64      /* most sessions in flight, each from an address of its own */
#define CLIENT_TEXT_MAX 32
#define CLIENT_PIDS 16
#define CLIENT_PORT_MIN 1024 /* of the client's ports; the others are used in turn */

/* What the client says, in this order. Of even lengths: sums of parts can be added. */
#define CLIENT_EHLO "EHLO bot01.example.net\r\n"
#define CLIENT_MAIL "MAIL FROM:<offers@example.net>\r\n"
#define CLIENT_RCPT "RCPT TO:<inbox@mx.example.com>\r\n"
#define CLIENT_DATA "DATA\r\n"
#define CLIENT_QUIT "QUIT\r\n"
#define CLIENT_LINES 5

/*
 * Initial sequence numbers are multiples of CLIENT_STEP, so what the server
 * acknowledges, modulo that, tells what it answers: the client keeps nothing.
 */
#define CLIENT_STEP 0x1000
enum client_at {
	CLIENT_AT_SYN = 1, /* and the banner, if there is data */
	CLIENT_AT_EHLO = CLIENT_AT_SYN + sizeof(CLIENT_EHLO) - 1,
	CLIENT_AT_MAIL = CLIENT_AT_EHLO + sizeof(CLIENT_MAIL) - 1,
	CLIENT_AT_RCPT = CLIENT_AT_MAIL + sizeof(CLIENT_RCPT) - 1,
	CLIENT_AT_DATA = CLIENT_AT_RCPT + sizeof(CLIENT_DATA) - 1,
	CLIENT_AT_QUIT = CLIENT_AT_DATA + sizeof(CLIENT_QUIT) - 1,
};

/*
 * Line number n is said when the reply to the one before it, or the banner, is this.
 * Who refuses RCPT is said QUIT at the place of DATA, which is as long.
 */
struct client_line {
	__u32 code; /* the reply's digits, wire order */
	__u32 mask; /* of those that matter: any 4xx will do where "later" is due */
	__u32 len;
	__u32 pad;
	__u64 sum;  /* of the words of the text */
	__u8 text[CLIENT_TEXT_MAX];
};

/* Set by the user side before the first segment. */
struct client_conf {
	__u32 server;    /* address, wire order */
	__u32 client;    /* the first of CLIENT_LANES, wire order */
	__u32 has_ts;
	__u32 is_partial; /* the server leaves checksums to its device */
	__u32 is_stopped; /* what comes in is reset */
	__u32 cpu;        /* whose softirqs are timed */
	__u32 pid[CLIENT_PIDS]; /* whose CPU time the user side reads; 0: none */
	__u32 link[3];    /* addresses of frames to the server */
	__u32 last;       /* line that is due when 221 has come: none, it is empty */
	__u32 at_fin;     /* what the server acknowledges then, as enum client_at */
	struct client_line line[CLIENT_LINES + 1];
};

/* All of it is counted on one CPU. */
struct client_count {
	__u64 started;
	__u64 done;       /* 220, 250 to each, 4xx, 221, FIN, ACK: each where it belongs */
	__u64 replies[CLIENT_LINES + 1]; /* right ones: 220, to EHLO, MAIL, RCPT, DATA, QUIT */
	__u64 wrong;      /* another reply than what belongs there */
	__u64 resets;
	__u64 odd;        /* from the server, but nothing that this client can take */
	__u64 silent;     /* wants no answer: acknowledgements, parts of replies, repetitions */
	__u64 sums;       /* segments whose checksums were verified */
	__u64 bad_sums;
	__u64 no_capacity; /* the frame could not be made as long as it should be */
	__u64 softirq_ns; /* of network softirqs on conf.cpu, but in the processes conf.pid */
	__u64 start_ns;   /* of the present one */
	__u64 lane[CLIENT_LANES]; /* of done: by lane */
};

#endif
