// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front door. A frame takes the fast path (fast.h); on a miss it takes the slow path
 * (slow.h), which is a program of its own. Both lead through the same rooms, which are the
 * headers below, in their order: parse, match, real, check, decide or high, reply, record. A frame
 * leaves as soon as a room has decided.
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
#include "block.h"
#include "maps.h"
#include "clock.h"
#include "csum.h"
#include "parse.h"
#include "match.h"
#include "smtp.h"
#include "check.h"
#include "decide.h"
#include "cookie.h"
#include "domain.h"
#include "high.h"
#include "limit.h"
#include "stamps.h"
#include "reply.h"
#include "filter.h"
#include "contacts.h"
#include "verified.h"
#include "record.h"
#include "gate.h"
#include "real.h"
#include "tarpit.h"
#include "fast.h"
#include "rare.h"
#include "slow.h"

/* So that a tool of another version knows the version of these maps. */
const volatile struct nolist_object nolist_object = {
	.magic = NOLIST_MAGIC,
	.version = NOLIST_ABI_VERSION,
};

/* In libxdp's dispatcher: run in the middle, and let later programs see what passes. */
struct {
	__uint(priority, 50);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(nolist_ingress);

SEC("xdp")
int nolist_ingress(struct xdp_md *ctx)
{
	const struct nolist_config *conf = match_config();
	int code;

	if (!conf) {
		record_verdict(NOLIST_PASS_UNCONFIGURED);
		return XDP_PASS;
	}
	code = fast_path(ctx, conf);
	if (code != FAST_MISS)
		return code;
	bpf_tail_call_static(ctx, &nolist_progs, NOLIST_SLOT_SLOW);
	return slow_missing(ctx, conf); /* a tail call that succeeds does not return */
}

/*
 * Reached by a tail call only. "?": libbpf loads it only if the loader asks for it. It must be
 * the last program: `ip link` takes the first one whose section is "xdp", and libbpf 1.1 hides
 * the mark from it.
 */
SEC("?xdp")
int nolist_slow(struct xdp_md *ctx)
{
	const struct nolist_config *conf = match_config();

	if (conf)
		return slow_path(ctx, conf);
	record_verdict(NOLIST_PASS_UNCONFIGURED); /* its probation has just ended */
	return XDP_PASS;
}

char nolist_license[] SEC("license") = "GPL";
