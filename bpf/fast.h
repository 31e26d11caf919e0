/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast path: the same rooms as the slow path (slow.h), for the common frames: traffic
 * for others, mail, the SYNs of floods, and the segments of dialogues. fast_classify() says
 * which of these a frame is, and each class has its properties as constants.
 * Any other frame is a miss: it is unchanged, nothing is counted, and the slow path, which
 * handles every frame, takes it from the beginning. So both paths must do the same with a
 * frame: prog/fuzz and prog/packets send each frame both ways.
 */
#ifndef NOLIST_FAST_H
#define NOLIST_FAST_H

#define FAST_MISS (-1) /* "take the slow path"; no XDP code has this number */

/* Class of a frame without VLAN tag. The family is the lowest bit: 0 is IPv4. */
enum fast_class {
	FAST_NONE = 0,  /* it has no fast path */
	FAST_OTHER = 1, /* to no port or no MX of ours */
	/* Mail. */
	FAST_REAL4 = 2,
	FAST_REAL6,
	/* To a fake: SYN and no other flag. */
	FAST_LOW_SYN4 = 4,
	FAST_LOW_SYN6,
	FAST_HIGH_SYN4 = 6,
	FAST_HIGH_SYN6,
	/* To a high fake: ACK, with or without PSH; FIN and ACK. */
	FAST_HIGH_ACK4 = 8,
	FAST_HIGH_ACK6,
	FAST_HIGH_FIN4 = 10,
	FAST_HIGH_FIN6,
	FAST_NOT_TCP = 12, /* of both families */
};

/* Sets mx, its index in nolist_stats.mx, if the frame is for an MX of ours. */
static __always_inline enum fast_class fast_classify(struct xdp_md *ctx,
						     const struct nolist_config *conf, bool is_ip6,
						     __u32 *mx)
{
	const struct nolist_slot *s;
	struct nolist_addr daddr;
	struct plain f;
	__be16 port;
	__u8 flags;

	if (!parse_plain(ctx, &f, is_ip6))
		return parse_is_not_tcp(ctx, is_ip6) ? FAST_NOT_TCP : FAST_NONE;
	port = f.tcp[1];
	if (!match_port(conf, port))
		return FAST_OTHER;
	daddr = parse_plain_daddr(&f, is_ip6);
	s = match_slot(conf, &daddr);
	if (!s)
		return FAST_OTHER;
	flags = ((const __u8 *)f.tcp)[13];
	*mx = s->mx;
	if (s->role == NOLIST_REAL && port == bpf_htons(NOLIST_SMTP_PORT))
		return FAST_REAL4 + is_ip6;
	if (!match_fakes(conf, port))
		return FAST_NONE;
	if (flags == TCP_SYN && s->role == NOLIST_LOW)
		return FAST_LOW_SYN4 + is_ip6;
	if (s->role != NOLIST_HIGH)
		return FAST_NONE;
	if ((flags & ~TCP_PSH) == TCP_ACK)
		return FAST_HIGH_ACK4 + is_ip6;
	if (flags == (TCP_FIN | TCP_ACK))
		return FAST_HIGH_FIN4 + is_ip6;
	return flags == TCP_SYN ? FAST_HIGH_SYN4 + is_ip6 : FAST_NONE;
}

static __always_inline int fast_pass(enum nolist_verdict verdict)
{
	record_verdict(verdict);
	return XDP_PASS;
}

/* Mail to a real MX; mx is its index. What is to be answered is a miss. */
static __always_inline int fast_real(struct xdp_md *ctx, const struct nolist_config *conf, __u32 mx,
				     bool is_ip6)
{
	enum nolist_verdict verdict = NOLIST_PASS_REAL;
	struct pkt p;

	if (parse_whole(ctx, &p, is_ip6) != NOLIST_UNDECIDED)
		return FAST_MISS;
	p.role = NOLIST_REAL;
	p.mx = mx;
	if (conf->defends)
		verdict = real_decide(conf, &p);
	if (real_is_answer(verdict))
		return FAST_MISS;
	record(ctx, &p, verdict);
	return real_passes(verdict) ? XDP_PASS : XDP_DROP;
}

/* Sends r, with that text or NULL, and counts it. Returns a miss if it cannot be sent. */
static __always_inline int fast_answer(struct xdp_md *ctx, const struct nolist_reply *text,
				       const struct pkt *p, const struct reply *r,
				       enum nolist_verdict verdict)
{
	struct nolist_stats *st;

	if (!reply_segment(ctx, text, p, r, true))
		return FAST_MISS;
	st = record_verdict(verdict);
	if (st)
		record_sender(st, p, verdict);
	return XDP_TX;
}

/* Counts a segment to a fake that gets no answer. */
static __always_inline int fast_drop(const struct pkt *p, enum nolist_verdict verdict)
{
	struct nolist_stats *st = record_verdict(verdict);

	if (st)
		record_sender(st, p, verdict);
	return XDP_DROP;
}

/* Acknowledges the client's FIN. A constant length of the options removes branches. */
static __always_inline int fast_end(struct xdp_md *ctx, const struct pkt *p, struct reply *r)
{
	if (r->options) {
		r->options = REPLY_TS;
		return fast_answer(ctx, NULL, p, r, NOLIST_HIGH_ACK);
	}
	r->options = 0;
	return fast_answer(ctx, NULL, p, r, NOLIST_HIGH_ACK);
}

/* A segment to a high fake, neither SYN nor reset. Twin of high() for these. */
static __always_inline int fast_dialogue(struct xdp_md *ctx, const struct nolist_config *conf,
					 struct pkt *p, struct reply *r)
{
	const struct nolist_reply *text;
	struct high h;

	/*
	 * Only the slow path reads the clock. By the last reading a dialogue of hours ago may seem to
	 * go on, and one that another host began not to have begun.
	 */
	if (clock_is_old())
		return FAST_MISS;
	if (!high_recognize(p, &h)) {
		if (high_refuse(conf, p, r) != NOLIST_HIGH_RST)
			return FAST_MISS;
		if (limit_reset(conf, p))
			return fast_drop(p, NOLIST_HIGH_LIMITED);
		return fast_answer(ctx, NULL, p, r, NOLIST_HIGH_RST);
	}
	if (p->flags & TCP_FIN)
		return high_fast_fin(p, r, &h) ? fast_end(ctx, p, r) : FAST_MISS;
	text = high_fast(ctx, conf, p, r, &h);
	return text ? fast_answer(ctx, text, p, r, NOLIST_HIGH_TEXT) : FAST_MISS;
}

/*
 * A segment to a fake; mx is its index. Nothing here needs p in memory, so clang keeps it in
 * registers: a constant family makes the offsets constant, and constant flags remove branches.
 * The constant flags are without PSH: no answer depends on it.
 */
static __always_inline int fast_fake(struct xdp_md *ctx, const struct nolist_config *conf,
				     __u32 mx, enum nolist_role role, __u8 flags, bool is_ip6)
{
	int code = FAST_MISS;
	struct reply r = {};
	enum nolist_verdict verdict;
	struct pkt p;
	__u64 now;

	/* One register: clang would else load the constant before each of twenty tests. */
	barrier_var(code);
	if (parse_whole(ctx, &p, is_ip6) != NOLIST_UNDECIDED)
		return code;
	p.flags = flags;
	p.role = role;
	p.mx = mx;
	verdict = check_segment(ctx, conf, &p);
	if (role == NOLIST_LOW && verdict == NOLIST_SILENT_CHECKSUM)
		return fast_drop(&p, NOLIST_SILENT_CHECKSUM);
	if (verdict != NOLIST_UNDECIDED)
		return code;
	if (role == NOLIST_LOW && conf->gate.flags & NOLIST_GATE_STAMPS)
		stamp_low(p.saddr.q[0], p.saddr.q[1]);
	if (role == NOLIST_LOW && limit_reset(conf, &p))
		return fast_drop(&p, NOLIST_LOW_LIMITED);
	if (role == NOLIST_LOW)
		return fast_answer(ctx, NULL, &p, &r, decide_low(&p, &r));
	if (flags == TCP_SYN) {
		now = clock_ns();
		if (limit_syn_ack(conf, &p, now))
			return fast_drop(&p, NOLIST_HIGH_LIMITED);
		return fast_answer(ctx, NULL, &p, &r, high_syn(conf, &p, &r, true));
	}
	return fast_dialogue(ctx, conf, &p, &r);
}

/*
 * Is the source of a frame to a high fake to be held, or that of a SYN to a low fake let in? That
 * is for the slow path. q0 is a source's upper half.
 */
__noinline int fast_is_known(struct xdp_md *ctx, __u32 class, __u32 defends)
{
	const __be32 *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	bool is_low = class <= FAST_LOW_SYN6;
	__u64 q0 = 0, q1;

	if ((void *)(ip + 6) > (void *)(long)ctx->data_end ||
	    !(defends & (is_low ? NOLIST_DEFEND_LOW : NOLIST_DEFEND_HIGH)))
		return 0;
	q1 = parse_mapped(ip[3]);
	if (class & 1) {
		q0 = *(const __u64 *)(ip + 2);
		q1 = *(const __u64 *)(ip + 4);
	}
	return is_low ? real_is_let_in(q0, q1) : real_is_held(q0, q1);
}

/*
 * An XDP code, or FAST_MISS. No class is a function of its own: where the kernel guards returns
 * (Safe RET), one takes 7 to 9 ns, a sixth of an answer. So all classes share one frame of the
 * stack, which leaves 160 of 512 bytes to what they call.
 */
static __always_inline int fast_path(struct xdp_md *ctx, const struct nolist_config *conf)
{
	enum fast_class class = FAST_NONE;
	__u32 mx = 0;

	switch (parse_proto(ctx)) {
	case bpf_htons(ETH_P_IP):
		class = fast_classify(ctx, conf, false, &mx);
		break;
	case bpf_htons(ETH_P_IPV6):
		class = fast_classify(ctx, conf, true, &mx);
		break;
	}
	if (conf->defends & (NOLIST_DEFEND_HIGH | NOLIST_DEFEND_LOW) && class >= FAST_LOW_SYN4 &&
	    class <= FAST_HIGH_FIN6 && fast_is_known(ctx, class, conf->defends))
		return FAST_MISS;
	switch (class) {
	case FAST_NONE:
		return FAST_MISS;
	case FAST_OTHER:
		return fast_pass(NOLIST_PASS_OTHER);
	case FAST_NOT_TCP:
		return fast_pass(NOLIST_PASS_NOT_TCP);
	case FAST_REAL4:
		return fast_real(ctx, conf, mx, false);
	case FAST_REAL6:
		return fast_real(ctx, conf, mx, true);
	case FAST_LOW_SYN4:
		return fast_fake(ctx, conf, mx, NOLIST_LOW, TCP_SYN, false);
	case FAST_LOW_SYN6:
		return fast_fake(ctx, conf, mx, NOLIST_LOW, TCP_SYN, true);
	case FAST_HIGH_SYN4:
		return fast_fake(ctx, conf, mx, NOLIST_HIGH, TCP_SYN, false);
	case FAST_HIGH_SYN6:
		return fast_fake(ctx, conf, mx, NOLIST_HIGH, TCP_SYN, true);
	case FAST_HIGH_ACK4:
		return fast_fake(ctx, conf, mx, NOLIST_HIGH, TCP_ACK, false);
	case FAST_HIGH_ACK6:
		return fast_fake(ctx, conf, mx, NOLIST_HIGH, TCP_ACK, true);
	case FAST_HIGH_FIN4:
		return fast_fake(ctx, conf, mx, NOLIST_HIGH, TCP_FIN | TCP_ACK, false);
	case FAST_HIGH_FIN6:
		return fast_fake(ctx, conf, mx, NOLIST_HIGH, TCP_FIN | TCP_ACK, true);
	}
	return FAST_MISS;
}

#endif
