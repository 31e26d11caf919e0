/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 1: bytes -> struct pkt, down to the TCP header, in two steps. The first finds
 * where the frame goes, which is all that unrelated traffic pays for. The second
 * copies everything that later rooms need, so that it survives the rewrite. Reads no
 * map. A frame without a whole TCP header in a plain place passes.
 */
#ifndef NOLIST_PARSE_H
#define NOLIST_PARSE_H

/* "Go on to the next room." No verdict has this number. */
#define NOLIST_UNDECIDED NOLIST_VERDICTS

#define IP4_DF 0x4000
#define VLAN_VID 0x0fff
#define IP6_EXT_MAX 4 /* hop-by-hop, destination options, fragment, destination options */

/*
 * Not zeroed for each frame: a room reads only what a room before it has written. All
 * fields are written by parse_segment() at the latest, padding included, since Linux 6.1
 * refuses to pass a partly written struct to a function.
 */
struct pkt {
	struct nolist_addr saddr;
	struct nolist_addr daddr;
	__u64 mac;     /* destination link address, six bytes, then two zeros */
	__u64 l3_sum;  /* IPv4: sum over its header; IPv6: a value that counts as right */
	__u64 addr_sum; /* sum over both addresses */
	__u64 line;    /* smtp_fast()'s scan of the data, or 0: filled by check.h */
	__u64 tcp_sum; /* sum over the TCP header; check.h adds options of common shapes */
	__u32 l3;      /* offset of the IP header: 14 + 4 a tag */
	__u32 l4;      /* offset of the TCP header */
	__u32 l4_len;  /* bytes of TCP header and data, as IP says */
	__u32 len;     /* bytes of the frame */
	__u32 role;    /* enum nolist_role of daddr, filled by match.h */
	__u32 mx;      /* index of daddr in nolist_stats.mx, filled by match.h */
	__u32 tsval;   /* of the timestamps option (RFC 7323), filled by check.h */
	__u32 tsecr;
	__be32 seq;
	__be32 ack;
	__be16 sport;
	__be16 dport;
	__be16 window;
	__be16 check;
	__u32 events;  /* HIGH_...: what the segment shows about its source, filled by high.h */
	__u8 flags;    /* TCP_FIN ... TCP_URG */
	__u8 doff;     /* bytes of TCP header: 0 to 60 */
	__u8 tos;      /* IPv4 TOS, IPv6 traffic class */
	__u8 ts_at;    /* where in the options the timestamps are, plus 1; 0: none */
	__u32 is_ip6;
	__u16 is_priority; /* a VLAN tag whose VLAN id is 0: a priority tag (802.1Q 9.6) */
	__u16 tenant;      /* of a high fake, as the slot's role has it; filled by match.h */
};

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

static __always_inline enum nolist_verdict parse_port(void *data, void *end, __u32 off,
						      struct pkt *p)
{
	struct tcphdr *tcp = data + off;

	if ((void *)(tcp + 1) > end)
		return NOLIST_PASS_SHAPE;
	p->l4 = off;
	p->dport = tcp->dest;
	return NOLIST_UNDECIDED;
}

static __always_inline enum nolist_verdict parse_ip4(void *data, void *end, __u32 off,
						     struct pkt *p)
{
	struct iphdr *ip = data + off;

	if ((void *)(ip + 1) > end)
		return NOLIST_PASS_NOT_IP;
	if (ip->protocol != IPPROTO_TCP)
		return NOLIST_PASS_NOT_TCP;
	if (*(__u8 *)ip != 0x45 || ip->frag_off & ~bpf_htons(IP4_DF))
		return NOLIST_PASS_SHAPE;
	p->is_ip6 = 0;
	return parse_port(data, end, off + sizeof(*ip), p);
}

/*
 * An extension header without any content: eight bytes, filled by one PadN of zeros
 * (RFC 8200 4.2). One with content is left to the kernel.
 */
static __always_inline bool ip6_is_padding(const __u8 *h)
{
	return h[1] == 0 && h[2] == 1 && h[3] == 4 && *(__u32 *)(h + 4) == 0;
}

/* A fragment header of a packet in one piece (RFC 6946). */
static __always_inline bool ip6_is_atomic(const __u8 *h)
{
	return h[1] == 0 && *(__u16 *)(h + 2) == 0;
}

static __always_inline enum nolist_verdict parse_ip6(void *data, void *end, __u32 off,
						     struct pkt *p)
{
	struct ipv6hdr *ip = data + off;
	__u32 here = off + sizeof(*ip);
	bool has_fragment = false;
	__u64 *q = (void *)ip;
	__u8 next;
	int i;

	if ((void *)(ip + 1) > end)
		return NOLIST_PASS_NOT_IP;
	if ((*(__u8 *)ip & 0xf0) != 0x60)
		return NOLIST_PASS_SHAPE;
	next = ip->nexthdr;
	for (i = 0; i < IP6_EXT_MAX && next != IPPROTO_TCP; i++) {
		const __u8 *h = data + here;

		if ((void *)(h + 8) > end)
			return NOLIST_PASS_NOT_TCP;
		/* A second fragment header is one too many. */
		if (next == IPPROTO_FRAGMENT ? has_fragment || !ip6_is_atomic(h)
					     : !((next == IPPROTO_DSTOPTS ||
						  (next == IPPROTO_HOPOPTS && i == 0)) &&
						 ip6_is_padding(h)))
			break;
		has_fragment |= next == IPPROTO_FRAGMENT;
		next = h[0];
		here += 8;
	}
	if (next != IPPROTO_TCP)
		return next == IPPROTO_FRAGMENT || next == IPPROTO_HOPOPTS ||
				       next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING
			       ? NOLIST_PASS_SHAPE
			       : NOLIST_PASS_NOT_TCP;
	/* ::/64 holds the unspecified, loopback and v4-mapped: no address on a wire. */
	if (!q[3])
		return NOLIST_PASS_SHAPE;
	p->is_ip6 = 1;
	return parse_port(data, end, here, p);
}

/* The first step: destination port, family, and offsets of the headers. */
static __always_inline enum nolist_verdict parse_frame(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u32 off = sizeof(*eth);
	__be16 proto;
	int i;

	if ((void *)(eth + 1) > end)
		return NOLIST_PASS_NOT_IP;
	proto = ((__be16 *)data)[6];
	p->is_priority = 0;
#pragma unroll
	for (i = 0; i < 2; i++) {
		__be16 *tag = data + off;

		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 2) > end)
			return NOLIST_PASS_NOT_IP;
		p->is_priority |= !(tag[0] & bpf_htons(VLAN_VID));
		proto = tag[1];
		off += 4;
	}
	p->l3 = off;
	if (proto == bpf_htons(ETH_P_IP))
		return parse_ip4(data, end, off, p);
	if (proto == bpf_htons(ETH_P_IPV6))
		return parse_ip6(data, end, off, p);
	return NOLIST_PASS_NOT_IP;
}

/*
 * The second half of a v4-mapped address. Written in one piece, since a processor is slow to
 * read eight bytes that it has just written as four and four.
 */
static __always_inline __u64 parse_mapped(__be32 addr)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u64)addr << 32 | 0xffff0000;
#else
	return 0xffff00000000 | addr;
#endif
}

static __always_inline void parse_addrs4(struct pkt *p, const __u32 *w)
{
	p->addr_sum = (__u64)w[3] + w[4];
	p->l3_sum = p->addr_sum + w[0] + w[1] + w[2];
	p->l4_len = bpf_ntohs(((const struct iphdr *)w)->tot_len) - (__u32)sizeof(struct iphdr);
	p->tos = ((const struct iphdr *)w)->tos;
	p->saddr.q[0] = 0;
	p->saddr.q[1] = parse_mapped(w[3]);
	p->daddr.q[0] = 0;
	p->daddr.q[1] = parse_mapped(w[4]);
}

static __always_inline void parse_addrs6(struct pkt *p, const __u32 *w)
{
	const __u64 *q = (const void *)w;

	p->addr_sum = (__u64)w[2] + w[3] + w[4] + w[5] + w[6] + w[7] + w[8] + w[9];
	p->l3_sum = 0xffff;
	p->l4_len = bpf_ntohs(*(const __be16 *)(w + 1)) + sizeof(struct ipv6hdr) - (p->l4 - p->l3);
	p->tos = bpf_ntohs(*(const __be16 *)w) >> 4;
	p->saddr.q[0] = q[1];
	p->saddr.q[1] = q[2];
	p->daddr.q[0] = q[3];
	p->daddr.q[1] = q[4];
}

#define PARSE_LEAST (sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct tcphdr))

/* An offset of which the compiler knows that it is small, and the verifier does not. */
static __always_inline __u32 parse_known(__u32 off, __u32 mask)
{
	if (__builtin_constant_p(off))
		return off;
	barrier_var(off);
	return off & mask;
}

/* The second step: all the rest, once the offsets of the headers are known. */
static __always_inline enum nolist_verdict parse_segment(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 *ip = data + parse_known(p->l3, 31), *tcp = data + parse_known(p->l4, 127);
	struct tcphdr *h = (void *)tcp;

	if (data + PARSE_LEAST > end || (void *)(ip + 10) > end || (void *)(tcp + 5) > end)
		return NOLIST_PASS_SHAPE;
	p->mac = (__u64)((__u16 *)data)[2] << 32 | *(__u32 *)data;
	p->len = end - data;
	if (p->is_ip6)
		parse_addrs6(p, ip);
	else
		parse_addrs4(p, ip);
	p->tcp_sum = (__u64)tcp[0] + tcp[1] + tcp[2] + tcp[3] + tcp[4];
	/* Else clang keeps all the words and adds them up where the sum is used. */
	barrier_var(p->tcp_sum);
	barrier_var(p->addr_sum);
	p->sport = h->source;
	p->dport = h->dest;
	p->seq = tcp[1];
	p->ack = tcp[2];
	p->doff = (((__u8 *)h)[12] >> 4) * 4;
	p->flags = ((__u8 *)h)[13];
	p->window = h->window;
	p->check = h->check;
	p->line = 0;
	p->tsval = 0;
	p->tsecr = 0;
	p->events = 0;
	p->ts_at = 0;
	p->role = NOLIST_NONE;
	p->mx = 0;
	return NOLIST_UNDECIDED;
}

/* The EtherType; 0 for a runt. */
static __always_inline __be16 parse_proto(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	/* Read as a word: clang reads a packed field byte by byte. */
	return (void *)(eth + 1) > (void *)(long)ctx->data_end ? 0 : ((__be16 *)eth)[6];
}

/* A frame without VLAN tag, IPv4 options or extension headers: where its headers are. */
struct plain {
	const void *ip;
	const __be16 *tcp;
};

/*
 * True if the frame has this family and is plain. Twin of parse_frame(), which decides no
 * such frame: prog/packets sends each frame both ways.
 */
static __always_inline bool parse_plain(struct xdp_md *ctx, struct plain *f, bool is_ip6)
{
	struct ipv6hdr *ip6 = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct iphdr *ip = (void *)ip6;

	f->ip = ip;
	f->tcp = is_ip6 ? (void *)(ip6 + 1) : (void *)(ip + 1);
	if ((void *)(f->tcp + 10) > (void *)(long)ctx->data_end)
		return false;
	if (is_ip6)
		return ip6->nexthdr == IPPROTO_TCP && (*(__u8 *)ip & 0xf0) == 0x60 &&
		       ((__u64 *)ip)[3];
	return ip->protocol == IPPROTO_TCP && *(__u8 *)ip == 0x45 &&
	       !(ip->frag_off & ~bpf_htons(IP4_DF));
}

/*
 * Is a frame without VLAN tag certainly no TCP? Twin of parse_frame() for the most common
 * frames of this kind: any IPv4, and of IPv6 UDP and ICMP without extension headers.
 */
static __always_inline bool parse_is_not_tcp(struct xdp_md *ctx, bool is_ip6)
{
	struct ipv6hdr *ip6 = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct iphdr *ip = (void *)ip6;

	if ((is_ip6 ? (void *)(ip6 + 1) : (void *)(ip + 1)) > (void *)(long)ctx->data_end)
		return false;
	if (!is_ip6)
		return ip->protocol != IPPROTO_TCP;
	return (ip6->nexthdr == IPPROTO_UDP || ip6->nexthdr == IPPROTO_ICMPV6) &&
	       (*(__u8 *)ip & 0xf0) == 0x60;
}

static __always_inline struct nolist_addr parse_plain_daddr(const struct plain *f, bool is_ip6)
{
	struct nolist_addr a;

	a.q[0] = is_ip6 ? ((const __u64 *)f->ip)[3] : 0;
	a.q[1] = is_ip6 ? ((const __u64 *)f->ip)[4] : parse_mapped(((const __be32 *)f->ip)[4]);
	return a;
}

/* Both steps for a plain frame; on the slow path parse_frame() and parse_segment() do it. */
static __always_inline enum nolist_verdict parse_whole(struct xdp_md *ctx, struct pkt *p,
						       bool is_ip6)
{
	p->l3 = sizeof(struct ethhdr);
	p->l4 = p->l3 + (is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	p->is_ip6 = is_ip6;
	p->is_priority = 0;
	return parse_segment(ctx, p);
}

#endif
