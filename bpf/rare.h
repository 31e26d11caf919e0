/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of room 3: what only the kernel can answer. A sender chooses its shapes, and an answer
 * by the kernel's closed port costs many times as much as one from here: so what goes to a fake's
 * port passes within a budget for each second and CPU. Above it the segment is dropped, which is
 * no more than silence. What cannot be placed at a fake's port always passes: a later fragment
 * may be one of DNS or of a tunnel.
 */
#ifndef NOLIST_RARE_H
#define NOLIST_RARE_H

#define RARE_EXT_MAX 8 /* extension headers that are stepped over; with more it has no place */

/*
 * The destination port of a whole or first fragment of TCP, IPv4 with options; 0: none. l3 is
 * the offset of the IP header. A function of its own for the verifier.
 */
__noinline int rare_port4(struct xdp_md *ctx, __u32 l3)
{
	void *end = (void *)(long)ctx->data_end;
	void *at = (void *)(long)ctx->data;
	struct iphdr *ip;
	__be16 *port;
	__u32 header;

	if (l3 > 31)
		return 0;
	ip = at + l3;
	if ((void *)(ip + 1) > end || *(__u8 *)ip >> 4 != 4 || ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & bpf_htons(0x1fff))
		return 0;
	header = (*(__u8 *)ip & 15) * 4;
	if (header < sizeof(*ip))
		return 0;
	port = (void *)ip + header;
	return (void *)(port + 2) > end ? 0 : port[1];
}

/* As rare_port4(), behind any extension headers that lead a closed port to TCP. */
__noinline int rare_port6(struct xdp_md *ctx, __u32 l3)
{
	void *end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	struct ipv6hdr *ip;
	__u64 here;
	__be16 *port;
	__u8 next;
	int i;

	if (l3 > 31)
		return 0;
	ip = data + l3;
	here = l3 + sizeof(*ip);
	if ((void *)(ip + 1) > end || *(__u8 *)ip >> 4 != 6)
		return 0;
	next = ip->nexthdr;
	for (i = 0; i < RARE_EXT_MAX && next != IPPROTO_TCP; i++) {
		const __u8 *h = data + (here & 2047);

		if ((void *)(h + 8) > end)
			return 0;
		if (next == IPPROTO_FRAGMENT) {
			if (*(const __be16 *)(h + 2) & bpf_htons(0xfff8))
				return 0;
			here += 8;
		} else if (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS ||
			   next == IPPROTO_ROUTING) {
			here += (h[1] + 1) * 8;
		} else {
			return 0;
		}
		next = h[0];
	}
	port = data + (here & 2047);
	if (next != IPPROTO_TCP || here > 2047 || (void *)(port + 2) > end)
		return 0;
	return port[1];
}

/* Is it a segment of a rare shape to a port of a fake? l3 is the offset of the IP header. */
static __always_inline bool rare_is_to_fake(struct xdp_md *ctx, const struct nolist_config *conf,
					    __u32 l3, bool is_ip6)
{
	__be16 port = is_ip6 ? rare_port6(ctx, l3) : rare_port4(ctx, l3);
	void *at = (void *)(long)ctx->data + (l3 & 31);
	const struct nolist_slot *s;
	struct nolist_addr daddr;

	if (!port || !match_fakes(conf, port))
		return false;
	if (at + (is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) >
	    (void *)(long)ctx->data_end)
		return false;
	daddr.q[0] = is_ip6 ? ((const __u64 *)at)[3] : 0;
	daddr.q[1] = is_ip6 ? ((const __u64 *)at)[4] : parse_mapped(((const __be32 *)at)[4]);
	s = match_slot(conf, &daddr);
	return s && (NOLIST_ROLE(s->role) == NOLIST_LOW || NOLIST_ROLE(s->role) == NOLIST_HIGH);
}

/*
 * What a segment to a fake gets that needs the kernel: this verdict, or beyond the budget another
 * one. A function of its own, as the one below, so that other segments do not pay for it.
 */
static __noinline int rare_pass(__u32 verdict)
{
	__u32 zero = 0, second = clock_ns() >> NOLIST_SECOND_SHIFT;
	struct nolist_stats *st = bpf_map_lookup_elem(&nolist_stats, &zero);
	struct nolist_budget *b;

	if (!st)
		return verdict;
	b = &st->budget[NOLIST_NONE];
	if (b->second != second) {
		b->second = second;
		b->touched = 0;
	}
	if (b->touched >= NOLIST_RARE)
		return NOLIST_RARE_LIMITED;
	b->touched++;
	return verdict;
}

/* The EtherType in front of the IP header. */
static __always_inline __be16 rare_proto(struct xdp_md *ctx, __u32 l3)
{
	__u32 off = l3 - sizeof(__be16);
	__be16 *at;

	barrier_var(off);
	at = (void *)(long)ctx->data + (off & 31);
	return (void *)(at + 1) > (void *)(long)ctx->data_end ? 0 : *at;
}

/* Of a frame that parse.h leaves to the kernel. */
static __noinline int rare_shape(struct xdp_md *ctx, const struct nolist_config *conf, __u32 l3)
{
	__be16 proto = rare_proto(ctx, l3);

	if (proto == bpf_htons(ETH_P_IP) ? rare_is_to_fake(ctx, conf, l3, false) :
	    proto == bpf_htons(ETH_P_IPV6) && rare_is_to_fake(ctx, conf, l3, true))
		return rare_pass(NOLIST_PASS_SHAPE);
	return NOLIST_PASS_SHAPE;
}

#endif
