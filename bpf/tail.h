/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the rooms that read a segment's data by words: its last bytes, which
 * are less than one.
 */
#ifndef NOLIST_TAIL_H
#define NOLIST_TAIL_H

/*
 * The last bytes, one to seven, of what ends at offset "to", as they lie in memory,
 * then zeros: in one read, with some of those before them, which are shifted out.
 */
static __always_inline bool tail_bytes(struct xdp_md *ctx, __u32 to, __u32 bytes, __u64 *last)
{
	__u32 from = to - 8;
	void *at;

	/* The compiler may know that it is small; the verifier does not. */
	barrier_var(from);
	at = (void *)(long)ctx->data + (from & 2047);
	if (at + 8 > (void *)(long)ctx->data_end)
		return false;
	*last = *(__u64 *)at >> (64 - 8 * bytes);
	return true;
}

#endif
