// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay   lays the next of the prepared frames out, then tail-calls what is measured;
 * pass     the base; unfit gives the frame its answer's length, and nothing else.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "sizes.h"

__u32 first, step, last_out; /* which frames: every step-th, from first on */
__u64 turn;                  /* how many have been laid out */
__u64 missed;                /* and could not be */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SIZES_FRAMES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sizes_frame);
} frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

SEC("xdp")
int replay(struct xdp_md *ctx)
{
	__u32 at = first + turn * step, len;
	struct sizes_frame *f = bpf_map_lookup_elem(&frames, &at);

	turn++;
	if (f) {
		int more = (int)f->len - (int)(ctx->data_end - ctx->data);

		len = f->len & (SIZES_FRAME_MAX - 1);
		last_out = f->out_len;
		if ((!more || !bpf_xdp_adjust_tail(ctx, more)) && len &&
		    !bpf_xdp_store_bytes(ctx, 0, f->data, len))
			bpf_tail_call(ctx, &next, 0);
	}
	missed++;
	return XDP_ABORTED;
}

SEC("xdp")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("xdp")
int unfit(struct xdp_md *ctx)
{
	int more = (int)last_out - (int)(ctx->data_end - ctx->data);

	return more && bpf_xdp_adjust_tail(ctx, more) ? XDP_ABORTED : XDP_PASS;
}

char sizes_license[] SEC("license") = "GPL";
