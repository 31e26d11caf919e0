// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front door: every frame of the interface walks through nolist_ingress(),
 * one room after the other, and leaves as soon as a room has decided. The rooms
 * are the headers below, in their order.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>

#include "abi.h"
#include "maps.h"
#include "clock.h"
#include "csum.h"
#include "parse.h"
#include "match.h"
#include "check.h"
#include "decide.h"
#include "cookie.h"
#include "smtp.h"
#include "high.h"
#include "reply.h"
#include "proven.h"
#include "record.h"

/* So that a tool of another version knows whose maps these are. */
const volatile struct nolist_object nolist_object = {
	.magic = NOLIST_MAGIC,
	.version = NOLIST_ABI_VERSION,
};

/* Beside other programs: run in the middle, and let those after us see what passes. */
struct {
	__uint(priority, 50);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(nolist_ingress);

/* Where a frame goes, by verdict. */
static const __u8 ingress_code[NOLIST_VERDICTS] = {
	[NOLIST_PASS_UNCONFIGURED ... NOLIST_PASS_NO_ROOM] = XDP_PASS,
	[NOLIST_LOW_RST_ACK] = XDP_TX,
	[NOLIST_LOW_RST] = XDP_TX,
	[NOLIST_HIGH_RST] = XDP_TX,
	[NOLIST_HIGH_SYN_ACK] = XDP_TX,
	[NOLIST_HIGH_TEXT] = XDP_TX,
	[NOLIST_HIGH_ACK] = XDP_TX,
	[NOLIST_HIGH_SILENT] = XDP_DROP,
	[NOLIST_HIGH_BAD] = XDP_DROP,
	[NOLIST_HIGH_NO_ROOM] = XDP_DROP,
};

/* What a frame is that ingress_short() leaves alone, but for which it has the layout and the port. */
#define INGRESS_PLAIN (NOLIST_UNDECIDED + 1)

/*
 * The short way through the same rooms, for what floods and most other traffic are made of:
 * SYNs to a low fake, and segments to no port of ours. Nothing here wants p in memory, so clang
 * keeps it in registers; with a constant family it knows where everything is. What is not
 * decided here has not been touched nor counted, and goes the long way.
 */
static __always_inline enum nolist_verdict ingress_short(struct xdp_md *ctx,
							 const struct nolist_config *conf,
							 bool is_ip6)
{
	struct nolist_stats *st;
	struct reply r = {};
	struct pkt p;

	if (!parse_plain(ctx, &p, is_ip6))
		return NOLIST_UNDECIDED;
	if (!match_port(conf, p.dport)) {
		record_verdict(NOLIST_PASS_OTHER);
		return NOLIST_PASS_OTHER;
	}
	if (parse_segment(ctx, &p) != NOLIST_UNDECIDED || p.flags != TCP_SYN ||
	    match_mx(conf, &p) != NOLIST_UNDECIDED || p.role != NOLIST_LOW ||
	    check_segment(ctx, conf, &p) != NOLIST_UNDECIDED)
		return INGRESS_PLAIN;
	/* So that clang knows as well. */
	p.flags = TCP_SYN;
	p.role = NOLIST_LOW;
	decide_low(&p, &r);
	if (!reply_plain(ctx, &p, &r))
		return INGRESS_PLAIN;
	st = record_verdict(NOLIST_LOW_RST_ACK);
	record_mx(&p, true);
	if (st)
		record_syn(st, &p);
	return NOLIST_LOW_RST_ACK;
}

/* The answers have little in common: each gets the code that it needs, and no more. */
static __always_inline enum nolist_verdict answer_low(struct xdp_md *ctx,
						      const struct nolist_config *conf,
						      const struct pkt *p)
{
	struct reply r = {};
	enum nolist_verdict verdict = decide_low(p, &r);

	return reply_segment(ctx, conf, p, &r) ? verdict : NOLIST_PASS_NO_ROOM;
}

static __always_inline enum nolist_verdict answer_high(struct xdp_md *ctx,
						       const struct nolist_config *conf,
						       struct pkt *p)
{
	struct reply r = {};
	enum nolist_verdict verdict = high(ctx, conf, p, &r);

	return !r.flags || reply_segment(ctx, conf, p, &r) ? verdict : NOLIST_HIGH_NO_ROOM;
}

/* What p holds is read from it again: else clang keeps it twice, for want of registers. */
static __always_inline void ingress_keep(struct pkt *p)
{
	asm volatile("" : : "r"(p) : "memory");
}

SEC("xdp")
int nolist_ingress(struct xdp_md *ctx)
{
	const struct nolist_config *conf = match_config();
	__be16 proto = conf ? parse_proto(ctx) : 0;
	__u32 verdict = conf ? NOLIST_UNDECIDED : NOLIST_PASS_UNCONFIGURED;
	struct pkt p;

	if (proto == bpf_htons(ETH_P_IP))
		verdict = ingress_short(ctx, conf, false);
	if (proto == bpf_htons(ETH_P_IPV6))
		verdict = ingress_short(ctx, conf, true);
	if (verdict == NOLIST_PASS_OTHER || verdict == NOLIST_LOW_RST_ACK)
		return ingress_code[verdict];

	if (verdict == NOLIST_UNDECIDED)
		verdict = parse_frame(ctx, &p);
	if (verdict == NOLIST_UNDECIDED && !match_port(conf, p.dport))
		verdict = NOLIST_PASS_OTHER;
	if (verdict == INGRESS_PLAIN)
		verdict = parse_layout(&p, proto == bpf_htons(ETH_P_IPV6));
	if (verdict == NOLIST_UNDECIDED)
		verdict = parse_segment(ctx, &p);
	ingress_keep(&p);
	if (verdict == NOLIST_UNDECIDED)
		verdict = match_mx(conf, &p);
	if (verdict == NOLIST_UNDECIDED)
		verdict = check_segment(ctx, conf, &p);
	ingress_keep(&p);
	if (verdict == NOLIST_UNDECIDED)
		verdict = p.role == NOLIST_LOW ? answer_low(ctx, conf, &p)
					       : answer_high(ctx, conf, &p);
	/* clang 19 knows what the rooms return, the verifier does not: keep the checks. */
	barrier_var(verdict);
	record(ctx, &p, verdict);
	return verdict < NOLIST_VERDICTS ? ingress_code[verdict] : XDP_PASS;
}

char nolist_license[] SEC("license") = "GPL";
