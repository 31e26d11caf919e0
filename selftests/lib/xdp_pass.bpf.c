// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes every frame. A veth takes what its peer sends by XDP_TX only while it
 * has an XDP program itself; this is the one for the client's side.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
