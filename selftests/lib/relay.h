/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bad wire: hands frames from one interface to another and loses, doubles and
 * delays some of those to or from port 25, by a seed. It may put VLAN tags on what
 * goes to the fake, and cut what is longer than the way back allows. Between a
 * client and a high fake it sees what was really shown to the fake, and so judges
 * each of its frames: checksums, sequence and acknowledgement, the client's window,
 * and that it carries the tags that it was asked with.
 */
#ifndef NOLIST_RELAY_H
#define NOLIST_RELAY_H

#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "selftests/lib/frame.h"

#define RELAY_FRAME 2048
#define RELAY_QUEUE 4096
#define RELAY_STREAM 16384 /* bytes of one connection that are followed */

/* Percent of frames, milliseconds. */
struct relay_plan {
	unsigned int loss, twice, late, delay_ms, jitter_ms;
	uint64_t seed;
	unsigned int mtu;     /* of the way to the client; IPv4 is cut to it; 0: any */
	unsigned int tags[2]; /* on what goes to the fake, outermost first: type << 16 | TCI */
};

/* What happened; in memory shared with the test. */
struct relay_sum {
	unsigned long frames, lost, doubled, delayed;
	unsigned long judged, texts, resets, wrong, cut;
	char why[128]; /* the first wrong one */
};

struct relay_conn {
	int is_known, has_ts;
	uint32_t iss, shown_end, sent_end; /* contiguous; furthest */
	uint32_t irs, acked;               /* highest that the client has acknowledged */
	unsigned int window;               /* largest that it has offered */
	unsigned char shown[RELAY_STREAM];
};

struct relay_late {
	double due;
	int to;
	size_t len;
	unsigned char b[RELAY_FRAME];
};

struct relay {
	int fd[2]; /* the client's side, the fake's side */
	struct relay_plan plan;
	struct relay_sum *sum;
	struct relay_conn *conn[2][65536]; /* by family and the client's port */
	unsigned int count[2][2][65536];   /* frames, also by direction */
	struct relay_late *queue[RELAY_QUEUE];
	unsigned long sent; /* frames */
};

double relay_now(void);

/* --- handing on ---------------------------------------------------------- */

int relay_socket(const char *dev);

/* Never returns. */
void relay_run(struct relay *r);

#endif
