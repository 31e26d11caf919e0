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
#include "smtp.h"
#include "check.h"
#include "decide.h"
#include "cookie.h"
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

/* What a frame looks like at a glance. */
enum ingress_shape {
	INGRESS_ANY,   /* to be read with care */
	INGRESS_OTHER, /* to no port of ours: counted, and done with */
	INGRESS_IP4,   /* as parse_plain() knows it */
	INGRESS_IP6,
	INGRESS_LOW4, /* the same, and nothing but a SYN to a low fake */
	INGRESS_LOW6,
};

static __always_inline enum ingress_shape ingress_glance(struct xdp_md *ctx,
							 const struct nolist_config *conf,
							 bool is_ip6, __u32 *mx)
{
	const struct nolist_slot *s;
	struct nolist_addr daddr;
	__be16 port;
	__u8 flags;

	if (!parse_plain(ctx, is_ip6, &port, &flags, &daddr))
		return INGRESS_ANY;
	if (!match_port(conf, port)) {
		record_verdict(NOLIST_PASS_OTHER);
		return INGRESS_OTHER;
	}
	s = flags == TCP_SYN ? match_slot(conf, &daddr) : NULL;
	if (!s || s->role != NOLIST_LOW || !match_fakes(conf, port))
		return is_ip6 ? INGRESS_IP6 : INGRESS_IP4;
	*mx = s->mx;
	return is_ip6 ? INGRESS_LOW6 : INGRESS_LOW4;
}

/*
 * The short way through the same rooms, for what floods are made of: SYNs to a low fake,
 * number mx. Nothing here wants p in memory, so clang keeps it in registers; with a constant
 * family it knows where everything is. Where it returns false nothing has been touched nor
 * counted.
 */
static __always_inline bool ingress_low(struct xdp_md *ctx, const struct nolist_config *conf,
					__u32 mx, bool is_ip6)
{
	struct nolist_stats *st;
	struct reply r = {};
	bool is_done = false;
	struct pkt p;

	/* In one place: clang else makes it anew before each of twenty tests. */
	barrier_var(is_done);
	if (parse_whole(ctx, &p, is_ip6) != NOLIST_UNDECIDED)
		return is_done;
	/* So that clang knows as well. */
	p.flags = TCP_SYN;
	p.role = NOLIST_LOW;
	p.mx = mx;
	if (check_segment(ctx, conf, &p) != NOLIST_UNDECIDED)
		return is_done;
	decide_low(&p, &r);
	if (!reply_plain(ctx, &p, &r))
		return is_done;
	st = record_verdict(NOLIST_LOW_RST_ACK);
	if (st) {
		record_mx(st, &p, true);
		record_syn(st, &p, clock_ns());
	}
	return true;
}

/* Functions of their own for the stack: all that call each other have 512 bytes. */
static __noinline int ingress_low4(struct xdp_md *ctx, const struct nolist_config *conf, __u32 mx)
{
	return ingress_low(ctx, conf, mx, false);
}

static __noinline int ingress_low6(struct xdp_md *ctx, const struct nolist_config *conf, __u32 mx)
{
	return ingress_low(ctx, conf, mx, true);
}

/* What p holds is read from it again: else clang keeps it twice, for want of registers. */
static __always_inline void ingress_keep(struct pkt *p)
{
	asm volatile("" : : "r"(p) : "memory");
}

/* All rooms, one after the other. Verified apart, for whatever shape. */
__noinline int ingress_rooms(struct xdp_md *ctx, const struct nolist_config *conf,
			     enum ingress_shape shape)
{
	__u32 verdict;
	struct pkt p;

	if (!conf)
		return XDP_PASS;
	if (shape == INGRESS_IP4 || shape == INGRESS_LOW4) {
		verdict = parse_whole(ctx, &p, false);
	} else if (shape == INGRESS_IP6 || shape == INGRESS_LOW6) {
		verdict = parse_whole(ctx, &p, true);
	} else {
		verdict = parse_frame(ctx, &p);
		if (verdict == NOLIST_UNDECIDED && !match_port(conf, p.dport))
			verdict = NOLIST_PASS_OTHER;
		if (verdict == NOLIST_UNDECIDED)
			verdict = parse_segment(ctx, &p);
	}
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
	enum ingress_shape shape = INGRESS_ANY;
	__u32 mx = 0;

	if (!conf) {
		record_verdict(NOLIST_PASS_UNCONFIGURED);
		return XDP_PASS;
	}
	switch (parse_proto(ctx)) {
	case bpf_htons(ETH_P_IP):
		shape = ingress_glance(ctx, conf, false, &mx);
		break;
	case bpf_htons(ETH_P_IPV6):
		shape = ingress_glance(ctx, conf, true, &mx);
		break;
	}
	if (shape == INGRESS_OTHER)
		return XDP_PASS;
	if ((shape == INGRESS_LOW4 && ingress_low4(ctx, conf, mx)) ||
	    (shape == INGRESS_LOW6 && ingress_low6(ctx, conf, mx)))
		return XDP_TX;
	return ingress_rooms(ctx, conf, shape);
}

char nolist_license[] SEC("license") = "GPL";
