/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark's BPF programs and its user side share: a frame to be laid
 * out anew for each repetition, whose source may change from one to the next,
 * and what its answer must look like.
 */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <linux/types.h>

#define BENCH_FRAME_MAX 256 /* longest frame, in bytes */
#define BENCH_CUT 2         /* a live frame comes so much longer, and is cut */
#define BENCH_CPUS 64
#define BENCH_MIX 100       /* one frame of so many comes from a real client */
#define BENCH_CLIENTS 4096  /* how many real clients; a power of two */
#define BENCH_LIST_MAX (1 << 20) /* sources of a list that frames come from */

/* Where frames come from. */
enum bench_sources {
	BENCH_FIXED,  /* the template as it is */
	BENCH_ONE,    /* one source; built like those below */
	BENCH_64K,    /* 2^16 sources */
	BENCH_1M,     /* 2^20 sources */
	BENCH_RANDOM, /* all unicast IPv4 addresses, or 2^61 IPv6 networks (/64) */
	BENCH_MIXED,  /* one of BENCH_MIX from a real client, the others random */
	BENCH_EVEN,   /* random IPv4 addresses with an even last byte: none is on a list */
	BENCH_LISTED, /* frame.listed sources of a list, in turn */
};

/*
 * Sums are those of the words of the header, without its checksum field and
 * without what changes: the source address, and the sequence number, which is
 * made of the source, so that an answer shows that it is one to its own segment.
 */
struct bench_frame {
	__u32 len;
	__u32 is_ip6;
	__u32 sources; /* enum bench_sources */
	__u32 salt;    /* sequence number = words of the source ^ salt */
	__u64 ip_sum;
	__u64 tcp_sum;
	__u32 client;  /* of BENCH_MIXED: the first real client, wire order */
	__u32 real;    /* and the real MX, which each second of its segments is to */
	__u32 listed;  /* of BENCH_LISTED: how many sources of the list there are */
	__u8 data[BENCH_FRAME_MAX];
};

/* What counts as a correct answer at the sink. */
struct bench_expect {
	__u32 is_ip6;
	__u32 is_echo; /* the frame itself with swapped link addresses */
	__u32 is_partial; /* a checksum that a device is to finish will do */
	__u32 salt;
	__u16 from;    /* the answer's source port, wire order */
	__u16 to;
	__u32 flags;   /* of TCP */
};

/* Counted by each CPU in a cache line of its own. */
struct bench_count {
	__u64 sent;      /* frames laid out */
	__u64 answered;  /* frames that a peer's program answered or dropped */
	__u64 good;      /* correct answers at the sink */
	__u64 bad;       /* wrong ones */
	__u64 other;     /* what is no answer: neighbour discovery and the like */
	__u64 sums;      /* of the good: how many had their checksums verified */
	__u64 turn;      /* of sources that come in turn */
	__u64 random;    /* state of the random numbers */
};

#endif
