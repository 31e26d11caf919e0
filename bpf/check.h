/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 3: would a closed port answer this segment at all? The model is Linux
 * (tcp_v4_rcv, tcp_v4_send_reset). Where Linux is silent, or only it can know, the
 * segment passes, and the kernel's closed port does what is right.
 */
#ifndef NOLIST_CHECK_H
#define NOLIST_CHECK_H

#define CSUM_BAD (~0ull) /* the frame ends before the range does */

/*
 * Sum of len bytes at offset off. A function of its own for the verifier, which
 * walks its branches once instead of once for each shape of frame.
 */
__noinline __u64 check_sum(struct xdp_md *ctx, __u64 off, __u64 len)
{
	void *end = (void *)(long)ctx->data_end;
	void *at = (void *)(long)ctx->data;
	__u64 sum = 0, last;
	__u32 i;

	if (off > 256 || off < PARSE_LEAST || len > CSUM_MAX)
		return CSUM_BAD;
	at += off;
	for (i = 0; i < CSUM_MAX / 32; i++) {
		__u32 *w = at;

		if (len < 32)
			break;
		if (at + 32 > end)
			return CSUM_BAD;
		sum += (__u64)w[0] + w[1] + w[2] + w[3];
		sum += (__u64)w[4] + w[5] + w[6] + w[7];
		at += 32;
		len -= 32;
		/* Without it clang 16 and 19 compare with end - 32, which the verifier forbids. */
		barrier_var(at);
	}
	if (len & 16) {
		__u32 *w = at;

		if (at + 16 > end)
			return CSUM_BAD;
		sum += (__u64)w[0] + w[1] + w[2] + w[3];
		at += 16;
		barrier_var(at);
	}
	if (len & 8) {
		__u32 *w = at;

		if (at + 8 > end)
			return CSUM_BAD;
		sum += (__u64)w[0] + w[1];
		at += 8;
		barrier_var(at);
	}
	len &= 7;
	if (!len)
		return sum;
	/* The last bytes in memory order, then zeros: the bytes before them are shifted out. */
	at += (long)len - 8;
	barrier_var(at);
	if (at + 8 > end)
		return CSUM_BAD;
	last = *(__u64 *)at >> (64 - 8 * len);
	return sum + (__u32)last + (last >> 32);
}

/*
 * Reads a common line (smtp.h): its scan, or 0. The fast path reads lines of segments without SYN
 * and FIN only, whose flags are constants there.
 */
static __always_inline __u64 check_line(struct xdp_md *ctx, const struct pkt *p, __u32 off, __u32 len)
{
	if (!__builtin_constant_p(p->l4))
		return smtp_fast(ctx, off, len);
	return p->flags & (TCP_SYN | TCP_FIN) ? 0 : smtp_fast_here(ctx, off, len);
}

/*
 * Sum of the segment. p->tcp_sum is that of its first bytes, and most segments have no
 * others. A common line to a high fake is summed and read in one pass: the result is left in
 * p->line.
 */
static __always_inline __u64 check_segment_sum(struct xdp_md *ctx, struct pkt *p, __u32 first)
{
	__u32 off = p->l4 + first, len = p->l4_len - first;
	__u64 rest;

	if (p->l4_len <= first)
		return p->tcp_sum;
	if (p->role == NOLIST_HIGH && first == p->doff) {
		p->line = check_line(ctx, p, off, len);
		if (p->line)
			return p->tcp_sum + (p->line >> SMTP_SUM_SHIFT);
	}
	rest = check_sum(ctx, off, len);
	return rest == CSUM_BAD ? CSUM_BAD : p->tcp_sum + rest;
}

/* Sum over the pseudo-header (RFC 9293 3.1, RFC 8200 8.1). */
static __always_inline __u64 check_pseudo(const struct pkt *p)
{
	return p->addr_sum + bpf_htons(p->l4_len) + bpf_htons(IPPROTO_TCP);
}

/* How an interface delivers checksums. */
enum { SUMS_UNKNOWN, SUMS_PARTIAL, SUMS_WHOLE };

/* A function of its own for the verifier. */
__noinline int check_sums_of(const struct nolist_config *conf, __u32 ifindex)
{
	__u32 i;

	if (!conf)
		return SUMS_UNKNOWN;
	for (i = 0; i < NOLIST_PARTIAL_MAX && i < conf->partials; i++) {
		if (conf->partial[i] == ifindex)
			return SUMS_PARTIAL;
		if (conf->partial[i] == (ifindex | NOLIST_WHOLE))
			return SUMS_WHOLE;
	}
	return SUMS_UNKNOWN;
}

enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WINDOW = 3,
	OPT_SACK_OK = 4,
	OPT_TS = 8,
	OPT_TS_BYTES = 10,
	OPT_STAMPS = 12, /* bytes of timestamps behind two NOPs */
	OPT_MD5 = 19, /* RFC 2385 */
	OPT_AO = 29,  /* RFC 5925 */
	OPT_BYTES = 40,
};

/*
 * Walks the TCP options as Linux does before it resets. Returns the offset of the
 * timestamps (RFC 7323) in the options, plus 1; 0: there are none; -1: the options are
 * malformed or signed. A function of its own for the verifier.
 */
__noinline int check_options(struct xdp_md *ctx, __u32 off, __u32 len)
{
	void *end = (void *)(long)ctx->data_end;
	void *at = (void *)(long)ctx->data;
	__u32 opt[16] = {};
	__u8 *byte = (__u8 *)opt;
	__u32 i = 0, n, ts = 0;

	if (off > 256 || len > OPT_BYTES)
		return -1;
	at += off;
#pragma unroll
	for (n = 0; n < OPT_BYTES / 4; n++) {
		if (len < 4 * n + 4)
			break;
		if (at + 4 * n + 4 > end)
			return -1;
		opt[n] = *(__u32 *)(at + 4 * n);
	}
	for (n = 0; n < OPT_BYTES && i < len; n++) {
		__u8 kind, size;

		/* Linux 6.1 refuses a loop that is entered behind its first instruction. */
		barrier_var(i);
		kind = byte[i & 63];
		if (kind == OPT_END)
			return ts;
		if (kind == OPT_NOP) {
			i = (i + 1) & 63;
			continue;
		}
		size = byte[(i + 1) & 63];
		if (kind == OPT_MD5 || kind == OPT_AO || size < 2 || i + size > len)
			return -1;
		if (kind == OPT_TS && size == OPT_TS_BYTES)
			ts = i + 1;
		i = (i + size) & 63;
	}
	return i < len ? -1 : (int)ts;
}

/* Pointer to the TCP options; the caller compares with the frame's end. */
static __always_inline __be32 *check_option_words(struct xdp_md *ctx, const struct pkt *p)
{
	__u32 off = p->l4 + sizeof(struct tcphdr);

	barrier_var(off);
	return (void *)(long)ctx->data + (off & 127);
}

/* Reads the timestamps at w. at is their offset in the options, plus 1. */
static __always_inline void check_stamps(struct pkt *p, const __be32 *w, __u8 at)
{
	p->tsval = bpf_ntohl(w[0]);
	p->tsecr = bpf_ntohl(w[1]);
	p->ts_at = at;
}

#define SYN_LATE 64 /* the timestamps are in the fourth and fifth word, else in the third and fourth */

/*
 * Twelve bytes of options without timestamps: of Windows (a pad of two NOPs), FreeBSD and macOS
 * (two ENDs), or Linux.
 */
static __always_inline bool check_is_unstamped(const __be32 *w)
{
	const __be32 sack_ok = bpf_htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_SACK_OK << 8 | 2);
	const __be32 scale = bpf_htonl(OPT_NOP << 24 | OPT_WINDOW << 16 | 3 << 8);

	if (w[1] == sack_ok)
		return (w[2] & bpf_htonl(0xffffff00)) == scale;
	return (w[1] & bpf_htonl(0xffffff00)) == scale &&
	       (w[2] == sack_ok || w[2] == bpf_htonl(OPT_SACK_OK << 24 | 2 << 16));
}

/*
 * Options of a SYN, in the orders of Linux and Android, of Windows, FreeBSD, macOS and iOS, each
 * with timestamps and without, and of Windows without window scaling. The
 * options are the doff - 20 bytes at offset off. Returns their sum << 8 | their bytes, perhaps
 * with SYN_LATE, or 0 for any other order.
 */
static __always_inline __u64 check_syn_options_here(struct xdp_md *ctx, __u32 off, __u32 doff)
{
	const __be32 sack_stamps = bpf_htonl(OPT_SACK_OK << 24 | 2 << 16 | OPT_TS << 8 | OPT_TS_BYTES);
	const __be32 stamps = bpf_htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | OPT_TS_BYTES);
	const __be32 sack_ok = bpf_htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_SACK_OK << 8 | 2);
	const __be32 scale = bpf_htonl(OPT_NOP << 24 | OPT_WINDOW << 16 | 3 << 8);
	void *end = (void *)(long)ctx->data_end;
	__be32 *w = (void *)(long)ctx->data;
	__u64 sum;

	if (off > 127)
		return 0;
	w = (void *)w + off;
	if ((void *)(w + 2) > end ||
	    (w[0] & bpf_htonl(0xffff0000)) != bpf_htonl(OPT_MSS << 24 | 4 << 16))
		return 0;
	sum = (__u64)w[0] + w[1];
	if (doff == 28 && w[1] == sack_ok)
		return sum << 8 | 8;
	if ((void *)(w + 3) > end)
		return 0;
	sum += w[2];
	if (doff == 32 && check_is_unstamped(w))
		return sum << 8 | 12;
	if ((void *)(w + 5) > end)
		return 0;
	sum += (__u64)w[3] + w[4];
	if (doff == 40 && w[1] == sack_stamps && (w[4] & bpf_htonl(0xffffff00)) == scale)
		return sum << 8 | 20;
	if ((w[1] & bpf_htonl(0xffffff00)) != scale)
		return 0;
	if (doff == 40 && w[2] == sack_stamps)
		return sum << 8 | SYN_LATE | 20;
	if (doff != 44 || (void *)(w + 6) > end || w[2] != stamps ||
	    w[5] != bpf_htonl(OPT_SACK_OK << 24 | 2 << 16))
		return 0;
	return (sum + w[5]) << 8 | SYN_LATE | 24;
}

/* A function of its own for the verifier. On the shortest way even its call counts. */
__noinline __u64 check_syn_options(struct xdp_md *ctx, __u32 off, __u32 doff)
{
	return check_syn_options_here(ctx, off, doff);
}

/*
 * Reads and sums options of the shapes that nearly all segments have: returns their bytes, or
 * 0 for any other shape. After the SYN the only such shape is NOP, NOP, timestamps (RFC 7323
 * appendix A). Twin of check_all_options() for these shapes; prog/packets compares the
 * answers of both with those of a closed port.
 */
static __always_inline __u32 check_fast_options(struct xdp_md *ctx, struct pkt *p)
{
	__be32 *w = check_option_words(ctx, p);
	__u64 syn;

	if (p->flags & TCP_SYN) {
		syn = __builtin_constant_p(p->l4) ?
			      check_syn_options_here(ctx, p->l4 + sizeof(struct tcphdr), p->doff) :
			      check_syn_options(ctx, p->l4 + sizeof(struct tcphdr), p->doff);
		p->tcp_sum += syn >> 8;
		if ((syn & 63) >= 20 && (void *)(w + 5) <= (void *)(long)ctx->data_end)
			check_stamps(p, syn & SYN_LATE ? w + 3 : w + 2, syn & SYN_LATE ? 10 + 1 : 6 + 1);
		return syn & 63;
	}
	if (p->doff != sizeof(struct tcphdr) + OPT_STAMPS ||
	    (void *)(w + 3) > (void *)(long)ctx->data_end ||
	    w[0] != bpf_htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | OPT_TS_BYTES))
		return 0;
	p->tcp_sum += (__u64)w[0] + w[1] + w[2];
	check_stamps(p, w + 1, 2 + 1);
	return OPT_STAMPS;
}

/* The options of any other segment: false if they are malformed or signed. */
static __always_inline bool check_all_options(struct xdp_md *ctx, struct pkt *p)
{
	void *end = (void *)(long)ctx->data_end;
	__u32 off = p->l4 + sizeof(struct tcphdr);
	int at = check_options(ctx, off, p->doff - sizeof(struct tcphdr));
	__be32 *ts;

	if (at <= 0)
		return !at;
	off += at + 1;
	barrier_var(off);
	ts = (void *)(long)ctx->data + (off & 255);
	if ((void *)(ts + 2) > end)
		return false;
	check_stamps(p, ts, at);
	return true;
}

/*
 * False for a source that cannot have sent the segment: a group, the loopback, ::/64, 0/8,
 * 240/4 (RFC 1122 3.2.1.3), or an own address. Own addresses are refused here for SYNs and for the
 * low fake; for later segments at a high fake high_refuse() does it, and only where the
 * cookie does not match. A lucky guess in our name gains nothing: own addresses are never
 * listed.
 */
static __always_inline bool check_source(const struct nolist_config *conf, const struct pkt *p)
{
	__u8 first = p->saddr.b[12];

	if (p->is_ip6) {
		if (p->saddr.b[0] == 0xff || !p->saddr.q[0])
			return false;
	} else if (first - 1u >= 223 || first == 127) {
		return false;
	}
	return (p->role == NOLIST_HIGH && !(p->flags & TCP_SYN)) || !match_slot(conf, &p->saddr);
}

/*
 * Of these: a source to which Linux is silent, however it is configured. Some of the others it
 * answers, such as 0.0.0.1, 240/4 and ::.
 */
static __always_inline bool check_is_martian(const struct pkt *p)
{
	__u8 first = p->saddr.b[12];

	if (p->is_ip6)
		return p->saddr.b[0] == 0xff ||
		       (!p->saddr.q[0] && p->saddr.q[1] == bpf_cpu_to_be64(1));
	return !p->saddr.w[3] || first == 127 || (first & 0xf0) == 0xe0 || p->saddr.w[3] == ~0u;
}

/* Nearly always there is one interface, and no call. */
static __always_inline bool check_is_whole(const struct nolist_config *conf, __u32 ifindex)
{
	return conf->partial[0] == (ifindex | NOLIST_WHOLE) ||
	       (conf->partials > 1 && check_sums_of(conf, ifindex) == SUMS_WHOLE);
}

/* Is the frame for this host? Linux is silent to groups and to others (RFC 1122 4.2.3.10). */
static __always_inline bool check_host(const struct nolist_config *conf, const struct pkt *p)
{
	__u32 i;

	if (p->mac && p->mac == conf->mac[0])
		return true;
	if (p->mac & 1)
		return false;
	for (i = 0; i < NOLIST_MAC_MAX && i < conf->macs; i++)
		if (conf->mac[i] == p->mac)
			return true;
	return !conf->macs;
}

static __always_inline enum nolist_verdict check_answerable(struct xdp_md *ctx,
							    const struct nolist_config *conf,
							    struct pkt *p)
{
	__u32 first = sizeof(struct tcphdr);
	__u64 sum, pseudo;

	if (!check_host(conf, p))
		return NOLIST_PASS_NOT_HOST;
	if (p->flags & TCP_RST)
		return NOLIST_PASS_RESET;
	/* Linux answers a frame that has a priority tag by one without. */
	if (p->is_priority && p->role == NOLIST_LOW)
		return NOLIST_PASS_SHAPE;
	if (p->doff < sizeof(struct tcphdr) || p->l4_len < p->doff || p->l4_len > p->len ||
	    p->l4 + p->l4_len > p->len)
		return NOLIST_PASS_TRUNCATED;
	if (p->l4_len > CSUM_MAX)
		return NOLIST_PASS_SHAPE;
	if (!check_source(conf, p))
		return NOLIST_PASS_SOURCE;
	if (p->doff > first)
		first += check_fast_options(ctx, p);
	pseudo = check_pseudo(p);
	sum = check_segment_sum(ctx, p, first);
	if (!csum_is_right(p->l3_sum) || sum == CSUM_BAD)
		return NOLIST_PASS_CHECKSUM;
	if (!csum_is_right(sum + pseudo) &&
	    (csum_fold32(pseudo) != p->check ||
	     check_sums_of(conf, ctx->ingress_ifindex) != SUMS_PARTIAL))
		return NOLIST_PASS_CHECKSUM;
	if (p->doff > first && !check_all_options(ctx, p))
		return NOLIST_PASS_TCP_OPTION;
	return NOLIST_UNDECIDED;
}

/*
 * What is for this host and a high fake is never passed on: the kernel would end
 * the dialogue. What is for a low fake, and a closed port is silent to, need not bother the
 * kernel, where it is certain that the checksum is not still to be made.
 */
static __always_inline enum nolist_verdict check_segment(struct xdp_md *ctx,
							 const struct nolist_config *conf,
							 struct pkt *p)
{
	enum nolist_verdict verdict = check_answerable(ctx, conf, p);

	if (verdict == NOLIST_UNDECIDED || verdict == NOLIST_PASS_NOT_HOST)
		return verdict;
	if (p->role == NOLIST_HIGH)
		return NOLIST_HIGH_BAD;
	if (p->role == NOLIST_LOW && verdict >= NOLIST_PASS_SOURCE && verdict <= NOLIST_PASS_RESET &&
	    (verdict != NOLIST_PASS_SOURCE || check_is_martian(p)) &&
	    check_is_whole(conf, ctx->ingress_ifindex))
		return verdict + NOLIST_SILENT_SOURCE - NOLIST_PASS_SOURCE;
	return verdict;
}

#endif
