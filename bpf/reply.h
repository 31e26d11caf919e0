/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 5: turns the frame into its answer, in place. Link addresses and IP
 * addresses swap, VLAN tags are unchanged, everything else is written anew from
 * registers, so nothing of the old segment leaks. The frame gets the length that
 * the answer needs, padded to Ethernet's minimum if it came with such a length.
 */
#ifndef NOLIST_REPLY_H
#define NOLIST_REPLY_H

#define FRAME_MIN 60 /* without the frame check sequence */
#define TTL 64
#define REPLY_NOPS 0x01010101 /* four of them */
#define ECN_BITS 3 /* of the TOS or traffic class (RFC 3168 5): not mirrored */

/* The unchanged part of a frame: Ethernet and two tags, rounded up. */
struct link {
	__u32 w[6];
};

/*
 * Grows the frame in front, where there is always space, and moves the link header there. A
 * function of its own, so that its stack is apart from the rest of the packet path. Static:
 * of a global function Linux 6.1 does not know that it makes pointers into the frame invalid.
 */
static __noinline bool reply_grow(struct xdp_md *ctx, int more)
{
	struct link *at = (void *)(long)ctx->data, link;

	if ((void *)(at + 1) > (void *)(long)ctx->data_end)
		return false;
	link = *at;
	if (bpf_xdp_adjust_head(ctx, -more))
		return false;
	at = (void *)(long)ctx->data;
	if ((void *)(at + 1) > (void *)(long)ctx->data_end)
		return false;
	*at = link;
	return true;
}

/* Gives the frame its new length. On small veth and generic frames the tail cannot grow. */
static __always_inline bool reply_resize(struct xdp_md *ctx, const struct pkt *p, __u32 len)
{
	int more = len - p->len;

	return !more || !bpf_xdp_adjust_tail(ctx, more) || (more > 0 && reply_grow(ctx, more));
}

/* Swaps the link addresses; the VLAN tags are unchanged. */
static __always_inline void reply_link(void *at)
{
	__u64 to = *(__u64 *)at;           /* and two bytes of the other */
	__u64 from = *(__u32 *)(at + 8);

	*(__u64 *)at = to >> 48 | from << 16 | to << 48;
	*(__u32 *)(at + 8) = to >> 16;
}

/* The word of identification, flags and offset: the last 16 bits of seq, then zeros. */
static __always_inline __u32 reply_id(__be32 seq)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return seq >> 16;
#else
	return seq << 16;
#endif
}

/* The IPv4 header. Fields are written and summed in 16 bits: such a sum folds in few steps. */
static __always_inline void reply_ip4(__u32 *w, const struct pkt *p, const struct reply *r,
				      __u32 l4_len)
{
	__be16 *h = (void *)w;

	h[0] = bpf_htons(0x4500 | (p->tos & ~ECN_BITS));
	h[1] = bpf_htons(l4_len + sizeof(struct iphdr));
	/*
	 * A text may be longer than the MTU of some path: routers may fragment it, so it
	 * needs an id of its own (RFC 6864 4.1), or fragments of two texts would be mixed.
	 */
	w[1] = r->text_len ? reply_id(r->seq) : bpf_htonl(IP4_DF);
	h[4] = bpf_htons(TTL << 8 | IPPROTO_TCP);
	w[3] = p->daddr.w[3];
	w[4] = p->saddr.w[3];
	h[5] = csum_field(p->addr_sum + h[0] + h[1] + w[1] + h[4]);
}

static __always_inline void reply_ip6(__u32 *w, const struct pkt *p, __u32 l4_len)
{
	__u64 *q = (void *)w;

	w[0] = bpf_htonl(6u << 28 | (__u32)(p->tos & ~ECN_BITS) << 20);
	w[1] = bpf_htonl(l4_len << 16 | IPPROTO_TCP << 8 | TTL);
	q[1] = p->daddr.q[0];
	q[2] = p->daddr.q[1];
	q[3] = p->saddr.q[0];
	q[4] = p->saddr.q[1];
}

/*
 * The five words that every TCP header has; header and l4_len are in bytes. Returns their sum
 * with that of the pseudo-header.
 */
static __always_inline __u64 reply_tcp(__u32 *w, const struct pkt *p, const struct reply *r,
				       __u32 header, __u32 l4_len)
{
	__be16 *h = (void *)w;
	__u64 sum;

	h[0] = p->dport;
	h[1] = p->sport;
	sum = p->addr_sum + h[0] + h[1];
	barrier_var(sum); /* else clang keeps all the words and adds them up at the end */
	w[1] = r->seq;
	w[2] = r->ack;
	sum += (__u64)w[1] + w[2];
	barrier_var(sum);
	h[6] = bpf_htons(header << 10 | r->flags);
	h[7] = r->window;
	w[4] = 0;
	return sum + h[6] + h[7] + bpf_htons(l4_len) + bpf_htons(IPPROTO_TCP);
}

static __always_inline __u64 reply_timestamps(__u32 *w, const struct reply *r)
{
	w[0] = bpf_htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | OPT_TS_BYTES);
	w[1] = bpf_htonl(r->tsval);
	w[2] = bpf_htonl(r->tsecr);
	return (__u64)w[0] + w[1] + w[2];
}

/* MSS, NOPs and timestamps of a SYN: w is the place of the first option. Returns their sum. */
static __always_inline __u64 reply_syn_options(__u32 *w, void *end, const struct reply *r)
{
	__u32 nops = r->nops;
	__u64 sum;

	if (!r->options || r->options == REPLY_TS || (void *)(w + 1) > end)
		return 0;
	w[0] = bpf_htonl(OPT_MSS << 24 | 4 << 16 | HIGH_MSS);
	sum = w[0];
	if (nops && (void *)(w + 2) <= end) {
		w[1] = REPLY_NOPS;
		sum += REPLY_NOPS;
	}
	if (nops > 4 && (void *)(w + 3) <= end) {
		w[2] = REPLY_NOPS;
		sum += REPLY_NOPS;
	}
	if (r->options != REPLY_MSS + REPLY_TS)
		return sum;
	barrier_var(nops);
	w = (void *)(w + 1) + (nops & 12);
	return (void *)(w + 3) <= end ? sum + reply_timestamps(w, r) : sum;
}

static __always_inline bool reply_word(void *at, void *end, const struct nolist_reply *row,
				       __u32 i)
{
	__u64 *to;

	barrier_var(i); /* so that it is compared immediately before it is used */
	if (i > NOLIST_TEXT_MAX - sizeof(*to))
		return false;
	to = at + i;
	if ((void *)(to + 1) > end)
		return false;
	*to = *(const __u64 *)(row->text + i);
	return true;
}

static __always_inline void reply_copy(__u64 *to, const __u64 *from)
{
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
}

/* As reply_word(), of 32 bytes. */
static __always_inline bool reply_block(void *at, void *end, const struct nolist_reply *row,
					__u32 i)
{
	const __u64 *from;
	__u64 *to;

	barrier_var(i);
	if (i > NOLIST_TEXT_MAX - 4 * sizeof(*to))
		return false;
	from = (const void *)(row->text + i);
	to = at + i;
	if ((void *)(to + 4) > end)
		return false;
	reply_copy(to, from);
	return true;
}

/*
 * Copies a text in blocks of 32 bytes. The last block ends with the text and may overlap the
 * one before. A text below 32 bytes is copied in words, in the same way.
 * bpf_xdp_store_bytes() takes twice as long.
 */
static __always_inline bool reply_text(void *at, void *end, const struct nolist_reply *row,
				       __u32 len)
{
	__u32 i;

	if (len < 32) {
		if (len < sizeof(__u64))
			return false;
		if (len > 16 && !(reply_word(at, end, row, 0) && reply_word(at, end, row, 8)))
			return false;
		return reply_word(at, end, row, len > 16 ? len - 16 : 0) &&
		       reply_word(at, end, row, len - 8);
	}
#pragma unroll
	for (i = 0; i < NOLIST_TEXT_MAX - 32; i += 32) {
		const __u64 *from = (const void *)(row->text + i);
		__u64 *to = at + i;

		if (len <= i + 32)
			break;
		if ((void *)(to + 4) > end)
			return false;
		reply_copy(to, from);
	}
	return reply_block(at, end, row, len - 32);
}

/* Writes everything after the link header: at is the IP header's place; row: the text or NULL. */
static __always_inline bool reply_write(void *at, void *end, bool is_ip6,
					const struct nolist_reply *row, const struct pkt *p,
					const struct reply *r)
{
	__u32 header = sizeof(struct tcphdr) + r->options + r->nops, l4_len = header + r->text_len;
	__u16 check;
	__u64 sum;

	if (is_ip6)
		reply_ip6(at, p, l4_len);
	else
		reply_ip4(at, p, r, l4_len);
	at += is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	if (at + sizeof(struct tcphdr) > end)
		return false;
	sum = reply_tcp(at, p, r, header, l4_len);
	sum += reply_syn_options(at + sizeof(struct tcphdr), end, r);
	if (r->options == REPLY_TS && at + 32 <= end)
		sum += reply_timestamps(at + 20, r);
	if (row) {
		/* A text never comes with MSS, so options are 12 bytes of timestamps. */
		if (!reply_text(at + (r->options ? 32 : 20), end, row, r->text_len))
			return false;
		sum += row->sum;
	}
	check = csum_field(sum);
	/* 0 and 0xffff are both right (RFC 1624 3); over IPv6 Linux writes 0xffff. */
	if (is_ip6 && !check)
		check = 0xffff;
	((struct tcphdr *)at)->check = check;
	return true;
}

/*
 * Makes r, with this text or NULL, the frame's content, for the way back. False: the driver
 * refused the new length. is_plain, a constant: the frame is plain (parse.h), so offsets are
 * constants, too.
 */
static __always_inline bool reply_segment(struct xdp_md *ctx, const struct nolist_reply *row,
					  const struct pkt *p, const struct reply *r,
					  bool is_plain)
{
	__u32 l3_len = p->is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	__u32 len = p->l3 + l3_len + sizeof(struct tcphdr) + r->options + r->nops + r->text_len, off;
	void *data, *end;

	/* A frame that came without padding (veth) is answered without. */
	if (len < FRAME_MIN && p->len >= FRAME_MIN)
		len = FRAME_MIN;
	if (!reply_resize(ctx, p, len))
		return false;
	/* Forces clang to read p and r from the stack again, instead of copying them there. */
	if (!is_plain)
		asm volatile("" : : "r"(p), "r"(r) : "memory");
	off = parse_known(p->l3, 31);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (!is_plain && data + sizeof(struct ethhdr) > end)
		return false;
	if (data + off + (is_plain ? l3_len + sizeof(struct tcphdr) : sizeof(struct ipv6hdr)) > end)
		return false;
	/* Zeros the padding; the headers are written over its beginning. */
	if (len == FRAME_MIN && data + FRAME_MIN <= end) {
		((__u16 *)data)[27] = 0;
		((__u32 *)data)[14] = 0;
	}
	reply_link(data);
	return reply_write(data + off, end, p->is_ip6, row, p, r);
}

#endif
