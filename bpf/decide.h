/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 4: what the answer says. Pure: it calls no helper and reads no map, so that a
 * native test can walk every combination of flags.
 */
#ifndef NOLIST_DECIDE_H
#define NOLIST_DECIDE_H

/* Bytes of our TCP options: MSS (HIGH_MSS); timestamps (tsval, tsecr) with two NOPs. */
enum { REPLY_MSS = 4, REPLY_TS = 12 };

/* A segment to send back. */
struct reply {
	__be32 seq;
	__be32 ack;
	__u8 flags;
	__u8 options;    /* bytes of options: REPLY_MSS, REPLY_TS or both */
	__u8 nops;       /* bytes of NOPs behind MSS: 0, 4 or 8 */
	__be16 window;
	__u32 tsval;
	__u32 tsecr;
	__u32 text;      /* which text of the configuration, if text_len is not 0 */
	__u32 text_len;  /* bytes */
};

/*
 * A closed port's reset (RFC 9293 3.5.2, 3.10.7.1). seq and ack are in network byte order;
 * data is the length of the segment's data in bytes. True if the segment had an
 * acknowledgement.
 */
static __always_inline bool decide_reset(struct reply *r, __u8 flags, __be32 seq, __be32 ack,
					 __u32 data)
{
	__u32 len = data + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
	bool has_ack = flags & TCP_ACK;

	r->flags = has_ack ? TCP_RST : TCP_RST | TCP_ACK;
	r->seq = has_ack ? ack : 0;
	r->ack = has_ack ? 0 : bpf_htonl(bpf_ntohl(seq) + len);
	return has_ack;
}

static __always_inline enum nolist_verdict decide_low(const struct pkt *p, struct reply *r)
{
	return decide_reset(r, p->flags, p->seq, p->ack, p->l4_len - p->doff)
		       ? NOLIST_LOW_RST
		       : NOLIST_LOW_RST_ACK;
}

#endif
