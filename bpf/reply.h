/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 5: turn the frame into its answer, in place. Link addresses and IP
 * addresses swap, VLAN tags stay, everything else is written anew from
 * registers, so nothing of the old segment leaks. What the answer does not need
 * is cut off, down to the shortest frame that Ethernet carries.
 */
#ifndef NOLIST_REPLY_H
#define NOLIST_REPLY_H

#define FRAME_MIN 60 /* without the frame check sequence */
#define TTL 64
#define ECN_BITS 3 /* of the TOS or traffic class: not mirrored in a reset */

static __always_inline void reply_eth(struct ethhdr *eth)
{
	__u8 mac[ETH_ALEN];

	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
}

static __always_inline void reply_ip4(struct iphdr *ip, const struct pkt *p)
{
	__u32 *w = (void *)ip;

	w[0] = bpf_htonl(0x45000000 | (p->tos & ~ECN_BITS) << 16 |
			 (sizeof(*ip) + sizeof(struct tcphdr)));
	w[1] = bpf_htonl(IP4_DF);
	w[2] = bpf_htonl(TTL << 24 | IPPROTO_TCP << 16);
	w[3] = p->daddr.w[3];
	w[4] = p->saddr.w[3];
	ip->check = csum_field((__u64)w[0] + w[1] + w[2] + w[3] + w[4]);
}

static __always_inline void reply_ip6(struct ipv6hdr *ip, const struct pkt *p)
{
	__u32 *w = (void *)ip;

	w[0] = bpf_htonl(6u << 28 | (__u32)(p->tos & ~ECN_BITS) << 20);
	w[1] = bpf_htonl((__u32)sizeof(struct tcphdr) << 16 | IPPROTO_TCP << 8 | TTL);
	__builtin_memcpy(&ip->saddr, &p->daddr, sizeof(ip->saddr));
	__builtin_memcpy(&ip->daddr, &p->saddr, sizeof(ip->daddr));
}

static __always_inline void reply_tcp(struct tcphdr *tcp, const struct pkt *p,
				      const struct reply *r)
{
	__u32 *w = (void *)tcp;
	__u64 sum;

	w[0] = (__u32)p->dport | (__u32)p->sport << 16;
	w[1] = r->seq;
	w[2] = r->ack;
	w[3] = bpf_htonl(5u << 28 | (__u32)r->flags << 16);
	w[4] = 0;
	sum = (__u64)w[0] + w[1] + w[2] + w[3];
	sum += bpf_htonl(sizeof(*tcp)) + (__u64)bpf_htonl(IPPROTO_TCP);
	sum += (__u64)p->saddr.w[3] + p->daddr.w[3];
	if (p->is_ip6) {
		sum += (__u64)p->saddr.w[0] + p->saddr.w[1] + p->saddr.w[2];
		sum += (__u64)p->daddr.w[0] + p->daddr.w[1] + p->daddr.w[2];
	}
	tcp->check = csum_field(sum);
}

/* Sends r back to where p came from: true, or false and the frame is unchanged. */
static __always_inline bool reply_segment(struct xdp_md *ctx, const struct pkt *p,
					  const struct reply *r)
{
	__u32 need = p->l3 + (p->is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
		     sizeof(struct tcphdr);
	__u32 len = need < FRAME_MIN ? FRAME_MIN : need;
	__u32 off = p->l3;
	void *data, *end, *l3, *l4;
	int i;

	if (p->len > len && bpf_xdp_adjust_tail(ctx, (int)(len - p->len)))
		return false;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	/* The compiler knows that this fits in five bits, the verifier has forgotten. */
	asm volatile("" : "+r"(off));
	l3 = data + (off & 31);
	l4 = l3 + (p->is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	if (data + sizeof(struct ethhdr) > end || l4 + sizeof(struct tcphdr) > end)
		return false;
	reply_eth(data);
	if (p->is_ip6)
		reply_ip6(l3, p);
	else
		reply_ip4(l3, p);
	reply_tcp(l4, p, r);
	l4 += sizeof(struct tcphdr);
#pragma unroll
	for (i = 0; i < (FRAME_MIN - 54) / 2; i++, l4 += 2)
		if (l4 + 2 <= end)
			*(__u16 *)l4 = 0;
	return true;
}

#endif
