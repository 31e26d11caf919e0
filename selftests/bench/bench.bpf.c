// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's programs:
 * restore   lays the frame out, then tail-calls what is measured (in-kernel cost);
 * generate  lays the frame out and sends it (live frames over veth);
 * sink      counts the correct answers, as an XDP program or at tc's ingress;
 * taken     counts at tc's ingress what arrives as it was sent;
 * pass, swap, drop, reset, resize   what the packet path is compared with.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "frame.h"

struct bench_frame frame;
struct bench_expect expect;
struct {
	struct bench_count c;
} __attribute__((aligned(64))) count[BENCH_CPUS];
__u32 resize_len; /* what "resize" makes of the frame */
__u32 listed[BENCH_LIST_MAX]; /* addresses of a list, wire order */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

static __always_inline struct bench_count *here(void)
{
	return &count[bpf_get_smp_processor_id() & (BENCH_CPUS - 1)].c;
}

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* splitmix64: never repeats within 2^64. */
static __always_inline __u64 random64(struct bench_count *c)
{
	__u64 z = c->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Whose low bits take all values, one after the other, near no other in memory. */
static __always_inline __u32 in_turn(struct bench_count *c)
{
	return (__u32)c->turn++ * 0x9e3779b1u;
}

/* The list's next address. */
static __always_inline __u32 in_list(struct bench_count *c)
{
	if (c->turn >= frame.listed)
		c->turn = 0;
	return listed[c->turn++ & (BENCH_LIST_MAX - 1)];
}

/* A unicast address of another network: 0/8, 127/8, 224/3 and our own 192.0.2.0/24 move away. */
static __always_inline __u32 unicast(__u32 a)
{
	__u32 first = a & 0xff;
	bool is_ours = (a & bpf_htonl(0xffffff00)) == bpf_htonl(0xc0000200);

	return first == 0 || first == 127 || first >= 224 || is_ours ? a ^ 0x40 : a;
}

static __always_inline bool lay_words(void *data, void *end)
{
	__u32 len = frame.len, i;

#pragma unroll
	for (i = 0; i < BENCH_FRAME_MAX; i += 8) {
		if (len < i + 8)
			break;
		if (data + i + 8 > end)
			return false;
		*(__u64 *)(data + i) = *(__u64 *)(frame.data + i);
	}
	if (len & 7) {
		__u32 at = len & (BENCH_FRAME_MAX - 8);

#pragma unroll
		for (i = 0; i < 7; i++)
			if (i < (len & 7) && data + at + i + 1 <= end)
				*(__u8 *)(data + at + i) = frame.data[(at + i) & (BENCH_FRAME_MAX - 1)];
	}
	return true;
}

static __always_inline bool lay_source4(void *data, void *end, struct bench_count *c)
{
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	__u64 ip_sum = frame.ip_sum, tcp_sum = frame.tcp_sum;
	__u32 saddr = *(__u32 *)(frame.data + ETH_HLEN + 12), seq;
	__u64 x = random64(c);

	if ((void *)(tcp + 1) > end)
		return false;
	if (frame.sources == BENCH_64K)
		saddr = bpf_htonl(0xc6120000 | (in_turn(c) & 0xffff));
	else if (frame.sources == BENCH_1M)
		saddr = bpf_htonl(0x0a000000 | (in_turn(c) & 0xfffff));
	else if (frame.sources == BENCH_LISTED)
		saddr = in_list(c);
	else if (frame.sources >= BENCH_RANDOM)
		saddr = unicast(x);
	if (frame.sources == BENCH_EVEN)
		saddr &= bpf_htonl(~1u);
	if (frame.sources == BENCH_MIXED && c->sent % BENCH_MIX == 0) {
		__u64 turn = c->turn++;

		saddr = frame.client + bpf_htonl((turn >> 1) & (BENCH_CLIENTS - 1));
		if (turn & 1) {
			ip_sum += (__u64)frame.real + (__u32)~ip->daddr;
			tcp_sum += (__u64)frame.real + (__u32)~ip->daddr;
			ip->daddr = frame.real;
		}
	}
	seq = saddr ^ frame.salt;
	ip->saddr = saddr;
	tcp->seq = seq;
	ip->check = ~fold(ip_sum + saddr);
	tcp->check = ~fold(tcp_sum + saddr + seq);
	return true;
}

static __always_inline bool lay_source6(void *data, void *end, struct bench_count *c)
{
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 *saddr = (void *)ip + 8, seq;
	__u64 x = random64(c);

	if ((void *)(tcp + 1) > end)
		return false;
	if (frame.sources == BENCH_64K)
		saddr[1] = in_turn(c) & 0xffff;
	else if (frame.sources == BENCH_1M)
		saddr[1] = in_turn(c) & 0xfffff;
	else if (frame.sources >= BENCH_RANDOM) {
		/* 2000::/3, global unicast. */
		saddr[0] = (x & ~0xe0ull) | 0x20;
		saddr[1] = x >> 32;
	}
	seq = saddr[0] ^ saddr[1] ^ frame.salt;
	tcp->seq = seq;
	tcp->check = ~fold(frame.tcp_sum + saddr[0] + saddr[1] + seq);
	return true;
}

/* A whole frame, whatever was there before. */
static __always_inline bool lay(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct bench_count *c = here();

	if (!lay_words(data, end))
		return false;
	if (frame.sources != BENCH_FIXED &&
	    !(frame.is_ip6 ? lay_source6(data, end, c) : lay_source4(data, end, c)))
		return false;
	c->sent++;
	return true;
}

/* Gives the frame its length again. */
static __always_inline bool fit(struct xdp_md *ctx)
{
	int more = (int)frame.len - (int)(ctx->data_end - ctx->data);

	return !more || !bpf_xdp_adjust_tail(ctx, more);
}

SEC("xdp")
int restore(struct xdp_md *ctx)
{
	if (!fit(ctx) || !lay(ctx))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

/*
 * A live frame that comes back shorter is sent again with that length, unless the
 * program changes it (frame_was_changed() in net/bpf/test_run.c looks only at where
 * it begins): so it comes longer than it shall be, and is always cut.
 */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	return fit(ctx) && lay(ctx) ? XDP_TX : XDP_ABORTED;
}

/* ---- the sink ---- */

static __always_inline bool sum_is_right(struct tcphdr *tcp, void *end, __u64 sum)
{
	__u32 words = (((__u8 *)tcp)[12] >> 4) & 15, i, *w = (void *)tcp;

	sum += bpf_htonl(words * 4) + (__u64)bpf_htonl(IPPROTO_TCP);
	/* The kernel leaves the rest to the device. */
	if (expect.is_partial && tcp->check == fold(sum))
		return true;
	for (i = 0; i < 15 && i < words; i++) {
		if ((void *)(w + 1) > end)
			return false;
		sum += *w++;
		/* Else clang compares with end + 1, which the verifier forbids. */
		barrier_var(w);
	}
	return fold(sum) == 0xffff;
}

/* seq: of the segment that it answers; an echo is that segment itself. */
static __always_inline bool answer_is_good(struct tcphdr *tcp, __u32 seq)
{
	__u8 flags = ((__u8 *)tcp)[13];

	if (tcp->source != expect.from || tcp->dest != expect.to || flags != expect.flags)
		return false;
	if (expect.is_echo)
		return tcp->seq == seq && !tcp->ack_seq;
	return bpf_ntohl(tcp->ack_seq) == bpf_ntohl(seq) + 1 && (!(flags & 4) || !tcp->seq);
}

static __always_inline bool sink4(void *data, void *end, struct bench_count *c)
{
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 *w = (void *)ip;

	if ((void *)(tcp + 1) > end || ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
		return false;
	if (!answer_is_good(tcp, (expect.is_echo ? ip->saddr : ip->daddr) ^ expect.salt))
		return false;
	if (c->good & 63)
		return true;
	c->sums++;
	/* The option-less answer ends before the padding of its frame. */
	return bpf_ntohs(ip->tot_len) == 20 + tcp->doff * 4 &&
	       fold((__u64)w[0] + w[1] + w[2] + w[3] + w[4]) == 0xffff &&
	       sum_is_right(tcp, end, (__u64)ip->saddr + ip->daddr);
}

static __always_inline bool sink6(void *data, void *end, struct bench_count *c)
{
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 *w = (void *)ip;
	__u64 sum = 0;
	int i;

	if ((void *)(tcp + 1) > end || ip->nexthdr != IPPROTO_TCP)
		return false;
	if (!answer_is_good(tcp, (expect.is_echo ? w[2] ^ w[3] : w[6] ^ w[7]) ^ expect.salt))
		return false;
	if (c->good & 63)
		return true;
	c->sums++;
#pragma unroll
	for (i = 2; i < 10; i++)
		sum += w[i];
	return bpf_ntohs(ip->payload_len) == tcp->doff * 4 && sum_is_right(tcp, end, sum);
}

static __always_inline void sink_frame(void *data, void *end)
{
	struct bench_count *c = here();
	struct ethhdr *eth = data;
	__u8 *next = data + ETH_HLEN + (expect.is_ip6 ? 6 : 9);
	bool good;

	if ((void *)(eth + 1) > end || data + ETH_HLEN + 20 > end || *next != IPPROTO_TCP ||
	    eth->h_proto != (expect.is_ip6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP))) {
		c->other++;
		return;
	}
	/* The echo is looked at as hard as answers are: the sink shall cost the same. */
	if (expect.is_echo && *(__u32 *)eth->h_dest != *(__u32 *)(frame.data + ETH_ALEN))
		good = false;
	else
		good = expect.is_ip6 ? sink6(data, end, c) : sink4(data, end, c);
	if (good)
		c->good++;
	else
		c->bad++;
}

SEC("xdp")
int sink(struct xdp_md *ctx)
{
	sink_frame((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	return XDP_DROP;
}

SEC("tc")
int sink_skb(struct __sk_buff *skb)
{
	sink_frame((void *)(long)skb->data, (void *)(long)skb->data_end);
	return TC_ACT_SHOT;
}

SEC("tc")
int selected(struct __sk_buff *skb)
{
	void *end = (void *)(long)skb->data_end;
	__u64 *w = (void *)(long)skb->data, *sent = (void *)frame.data;
	struct bench_count *c = here();
	__u64 differs = 0;
	int i;

	if ((void *)(w + 9) > end) {
		c->other++;
		return TC_ACT_OK;
	}
	if (*(__u32 *)w != *(__u32 *)sent) {
		c->other++;
		return TC_ACT_OK;
	}
#pragma unroll
	for (i = 0; i < 9; i++)
		differs |= w[i] ^ sent[i];
	if (differs)
		c->bad++;
	else
		c->good++;
	return TC_ACT_SHOT;
}

/* ---- what the packet path is compared with ---- */

static __always_inline void swap_link(struct ethhdr *eth)
{
	__u16 *h = (void *)eth, a = h[0], b = h[1], c = h[2];

	h[0] = h[3];
	h[1] = h[4];
	h[2] = h[5];
	h[3] = a;
	h[4] = b;
	h[5] = c;
}

SEC("xdp")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("xdp")
int drop(struct xdp_md *ctx __attribute__((unused)))
{
	here()->answered++;
	return XDP_DROP;
}

SEC("xdp")
int swap(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	swap_link(eth);
	here()->answered++;
	return XDP_TX;
}

/* The least that makes a reset of an IPv4 SYN: no check, no role, no count of sources. */
SEC("xdp")
int reset(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 *w = (void *)ip, *t = (void *)tcp, from, to, ack;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    *(__u8 *)ip != 0x45 || ip->protocol != IPPROTO_TCP || tcp->dest != bpf_htons(25))
		return XDP_PASS;
	from = ip->daddr;
	to = ip->saddr;
	ack = bpf_htonl(bpf_ntohl(tcp->seq) + 1);
	swap_link(eth);
	w[0] = bpf_htonl(0x45000028);
	w[1] = bpf_htonl(0x4000);
	w[2] = bpf_htonl(64 << 24 | IPPROTO_TCP << 16);
	w[3] = from;
	w[4] = to;
	ip->check = ~fold((__u64)w[0] + w[1] + w[2] + from + to);
	t[0] = t[0] << 16 | t[0] >> 16;
	t[1] = 0;
	t[2] = ack;
	t[3] = bpf_htonl(0x50140000);
	t[4] = 0;
	tcp->check = ~fold((__u64)t[0] + ack + t[3] + from + to + bpf_htonl(20) +
			   bpf_htonl(IPPROTO_TCP));
	here()->answered++;
	return XDP_TX;
}

/* Gives the frame the length of an answer, and nothing else: what restoring it costs. */
SEC("xdp")
int resize(struct xdp_md *ctx)
{
	int more = (int)resize_len - (int)(ctx->data_end - ctx->data);

	return more && bpf_xdp_adjust_tail(ctx, more) ? XDP_ABORTED : XDP_PASS;
}

char bench_license[] SEC("license") = "GPL";
