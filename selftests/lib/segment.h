/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random TCP segments to wire.h's server, most of them nearly right and wrong
 * in one or two places: what a closed port answers differs there. A segment is
 * a pure function of (seed, index); its low six bits of index stand in its
 * source port, IPv4 id and IPv6 flow label, so that an answer names its request.
 *
 * LIMIT: no IPv4 timestamp option with room (the answer tells the time), no
 * source MAC but the gateway's (Linux answers to its route, not to the sender),
 * no destination MAC of another host (only a promiscuous interface gets such), no
 * lone pseudo-header sum on a frame that does not say so (a veth's XDP program
 * cannot tell it from CHECKSUM_PARTIAL; prog/packets has that row).
 */
#ifndef NOLIST_SEGMENT_H
#define NOLIST_SEGMENT_H

#include "selftests/lib/chance.h"
#include "selftests/lib/frame.h"
#include "selftests/lib/wire.h"

#define SEGMENT_SLOTS 64 /* segments that are under way at once */
#define SEGMENT_FRAMES 2

struct segment {
	unsigned long index;
	int frames;
	int tags;    /* VLAN tags on each frame */
	int partial; /* CHECKSUM_PARTIAL */
	int is_odd;  /* from one of the few odd sources */
	int rare;    /* a shape that XDP may leave to the kernel */
	char what[256];
	struct frame f[SEGMENT_FRAMES];
};

/* --- fragments ----------------------------------------------------------- */

/* Bytes [at, end) of what follows the IP header, as a fragment of its own. */
void seg_fragment(const struct frame *f, struct frame *to, size_t at, size_t end, int more,
		  uint32_t id);

/* --- the whole ----------------------------------------------------------- */

/* No segment's checksum is still to be made. */
extern int segment_whole;

void segment_make(struct segment *s, uint64_t seed, unsigned long index);

/* The same frame without its VLAN tags. */
void segment_untag(const struct frame *f, struct frame *to, int tags);

#endif
