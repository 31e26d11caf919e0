// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front door: every frame of the interface walks through nolist_ingress(),
 * one room after the other, and leaves as soon as a room has decided. The rooms
 * are the headers below, in their order; what is usual goes through the same ones
 * on a way of its own, short.h.
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
#include "smtp.h"
#include "check.h"
#include "decide.h"
#include "cookie.h"
#include "high.h"
#include "reply.h"
#include "proven.h"
#include "record.h"
#include "short.h"

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

/* All rooms, one after the other, for whatever shape. Verified apart. */
__noinline int ingress_rooms(struct xdp_md *ctx, const struct nolist_config *conf)
{
	__u32 verdict;
	struct pkt p;

	if (!conf)
		return XDP_PASS;
	verdict = parse_frame(ctx, &p);
	if (verdict == NOLIST_UNDECIDED && !match_port(conf, p.dport))
		verdict = NOLIST_PASS_OTHER;
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

SEC("xdp")
int nolist_ingress(struct xdp_md *ctx)
{
	const struct nolist_config *conf = match_config();
	enum short_shape shape = SHORT_ANY;
	__u32 mx = 0;
	int code;

	if (!conf) {
		record_verdict(NOLIST_PASS_UNCONFIGURED);
		return XDP_PASS;
	}
	switch (parse_proto(ctx)) {
	case bpf_htons(ETH_P_IP):
		shape = short_glance(ctx, conf, false, &mx);
		break;
	case bpf_htons(ETH_P_IPV6):
		shape = short_glance(ctx, conf, true, &mx);
		break;
	}
	code = short_way(ctx, conf, shape, mx);
	return code == XDP_ABORTED ? ingress_rooms(ctx, conf) : code;
}

char nolist_license[] SEC("license") = "GPL";
