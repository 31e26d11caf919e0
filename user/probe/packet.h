/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP segments in Ethernet frames: made, and read back. Pure.
 */
#ifndef NOLIST_PROBE_PACKET_H
#define NOLIST_PROBE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/addr.h"

enum { PACKET_FIN = 1, PACKET_SYN = 2, PACKET_RST = 4, PACKET_PSH = 8, PACKET_ACK = 16 };

#define PACKET_MAX 512 /* bytes of a frame: more than any of ours, or any answer to it, has */

/* All numbers are in host byte order. */
struct packet {
	unsigned char to_mac[6];
	struct nolist_addr from, to; /* of one family */
	unsigned short sport, dport;
	uint32_t seq, ack;
	unsigned int flags;
	bool has_stamps; /* timestamps (RFC 7323) */
	uint32_t tsval, tsecr;
	const char *data; /* of a segment that was read: points into its frame */
	size_t size;      /* bytes of data */
};

/* Makes the frame, with its checksums; returns its length. A SYN gets an MSS as well. */
size_t packet_make(const struct packet *s, unsigned char frame[PACKET_MAX]);
/* False: it is no segment between the same two ends, back to the sender of s. */
bool packet_read(const unsigned char *frame, size_t len, const struct packet *s,
		  struct packet *answer);

#endif
