// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another XDP program, to run beside ours: counts the TCP segments to port 25
 * that it sees, and passes every frame. Looks at untagged IPv4 only.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} xdp_counted SEC(".maps");

SEC("xdp")
int xdp_count(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 zero = 0;
	__u64 *count;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_TCP || tcp->dest != bpf_htons(25))
		return XDP_PASS;
	count = bpf_map_lookup_elem(&xdp_counted, &zero);
	if (count)
		(*count)++;
	return XDP_PASS;
}

char xdp_license[] SEC("license") = "GPL";
