// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two doors for real clients in a flood (flood.c): "sort" at their end lets in only what
 * is for one of them, "guard" at the other keeps forged SYNs from the real MX's kernel,
 * behind the packet path, so that it is the packet path that is flooded.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flood.h"

/* Of no IP, nobody is a stranger. */
static __always_inline bool is_stranger(void *data, void *end, bool is_source)
{
	struct ethhdr *eth = data;
	struct iphdr *ip4 = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);
	__u32 *a6;

	if ((void *)(eth + 1) > end)
		return false;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		if ((void *)(ip4 + 1) > end)
			return true;
		return ((is_source ? ip4->saddr : ip4->daddr) & bpf_htonl(FLOOD_MASK4)) !=
		       bpf_htonl(FLOOD_CLIENTS4);
	}
	if (eth->h_proto != bpf_htons(ETH_P_IPV6))
		return false;
	if ((void *)(ip6 + 1) > end)
		return true;
	/* Neighbour discovery, and the like. */
	if (ip6->nexthdr != 6)
		return false;
	a6 = is_source ? ip6->saddr.in6_u.u6_addr32 : ip6->daddr.in6_u.u6_addr32;
	return a6[0] != bpf_htonl(0x20010db8) || (a6[1] & bpf_htonl(0xffff0000)) !=
							 bpf_htonl(FLOOD_CLIENTS6 << 16);
}

SEC("xdp")
int sort(struct xdp_md *ctx)
{
	return is_stranger((void *)(long)ctx->data, (void *)(long)ctx->data_end, false)
		       ? XDP_DROP
		       : XDP_PASS;
}

SEC("tc")
int guard(struct __sk_buff *skb)
{
	return is_stranger((void *)(long)skb->data, (void *)(long)skb->data_end, true)
		       ? TC_ACT_SHOT
		       : TC_ACT_OK;
}

char flood_license[] SEC("license") = "GPL";
