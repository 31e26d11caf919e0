/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slow path: all rooms, one after the other, for a frame of any shape. It is a
 * program of its own, nolist_slow, reached by a tail call: so the verifier counts its
 * instructions and its stack apart from those of the fast path.
 */
#ifndef NOLIST_SLOW_H
#define NOLIST_SLOW_H

/* XDP code of each verdict. */
static const __u8 slow_code[NOLIST_VERDICTS] = {
	[NOLIST_PASS_UNCONFIGURED... NOLIST_PASS_NO_SPACE] = XDP_PASS,
	[NOLIST_LOW_RST_ACK] = XDP_TX,
	[NOLIST_LOW_RST] = XDP_TX,
	[NOLIST_HIGH_RST] = XDP_TX,
	[NOLIST_HIGH_SYN_ACK] = XDP_TX,
	[NOLIST_HIGH_TEXT] = XDP_TX,
	[NOLIST_HIGH_ACK] = XDP_TX,
	[NOLIST_HIGH_SILENT] = XDP_DROP,
	[NOLIST_HIGH_BAD] = XDP_DROP,
	[NOLIST_HIGH_NO_SPACE] = XDP_DROP,
	[NOLIST_PASS_NO_SLOW] = XDP_PASS,
	[NOLIST_HIGH_NO_SLOW] = XDP_DROP,
	[NOLIST_LOW_LIMITED] = XDP_DROP,
	[NOLIST_HIGH_LIMITED] = XDP_DROP,
	[NOLIST_SILENT_SOURCE... NOLIST_SILENT_RESET] = XDP_DROP,
	[NOLIST_RARE_LIMITED] = XDP_DROP,
	[NOLIST_PASS_LISTED] = XDP_PASS,
	[NOLIST_REAL_RESET... NOLIST_REAL_ACK] = XDP_TX,
	[NOLIST_REAL_SILENT... NOLIST_REAL_GATED] = XDP_DROP,
};

/* Forces clang to read p again; short of registers, it would else hold it on the stack twice. */
static __always_inline void slow_reread(struct pkt *p)
{
	asm volatile("" : : "r"(p) : "memory");
}

/* The answers of the two fakes share little code: each is inlined with what it needs. */
static __always_inline enum nolist_verdict slow_low(struct xdp_md *ctx,
						    const struct nolist_config *conf,
						    const struct pkt *p)
{
	struct reply r = {};
	enum nolist_verdict verdict = decide_low(p, &r);

	if (conf->gate.flags & NOLIST_GATE_STAMPS && record_opens(p))
		stamp_low(p->saddr.q[0], p->saddr.q[1]);
	if (limit_reset(conf, p))
		return NOLIST_LOW_LIMITED;
	return reply_segment(ctx, NULL, p, &r, false) ? verdict : NOLIST_PASS_NO_SPACE;
}

/* Is it an answer of which this network has had its number? */
static __always_inline bool slow_is_limited(const struct nolist_config *conf, const struct pkt *p,
					    enum nolist_verdict verdict)
{
	__u32 kind = verdict == NOLIST_HIGH_RST ? NOLIST_LIMIT_RESET : NOLIST_LIMIT_SYN_ACK;

	if (verdict != NOLIST_HIGH_RST && verdict != NOLIST_HIGH_SYN_ACK)
		return false;
	return conf->answers[kind] && limit_counted(limit_network(p), kind, conf->answers[kind]);
}

static __always_inline enum nolist_verdict slow_high(struct xdp_md *ctx,
						     const struct nolist_config *conf,
						     struct pkt *p)
{
	struct reply r = {};
	enum nolist_verdict verdict = high(ctx, conf, p, &r);
	const struct nolist_reply *row = r.text_len ? smtp_reply(conf, r.text) : NULL;

	if (slow_is_limited(conf, p, verdict))
		return NOLIST_HIGH_LIMITED;
	return !r.flags || reply_segment(ctx, row, p, &r, false) ? verdict : NOLIST_HIGH_NO_SPACE;
}

/* Rooms 1 and 2: which MX is it for? */
static __always_inline enum nolist_verdict slow_match(struct xdp_md *ctx,
						      const struct nolist_config *conf,
						      struct pkt *p)
{
	enum nolist_verdict verdict = parse_frame(ctx, p);

	if (verdict == NOLIST_UNDECIDED && !match_port(conf, p->dport))
		verdict = NOLIST_PASS_OTHER;
	if (verdict == NOLIST_UNDECIDED)
		verdict = parse_segment(ctx, p);
	slow_reread(p);
	return verdict == NOLIST_UNDECIDED ? match_mx(conf, p) : verdict;
}

static __always_inline int slow_path(struct xdp_md *ctx, const struct nolist_config *conf)
{
	__u32 verdict;
	struct pkt p;

	verdict = slow_match(ctx, conf, &p);
	if (verdict == NOLIST_PASS_REAL && conf->defends)
		verdict = real_decide(conf, &p);
	if (verdict == NOLIST_UNDECIDED)
		verdict = check_segment(ctx, conf, &p);
	slow_reread(&p);
	if (verdict == NOLIST_UNDECIDED)
		verdict = p.role == NOLIST_LOW ? slow_low(ctx, conf, &p) : slow_high(ctx, conf, &p);
	else if (verdict == NOLIST_PASS_SHAPE)
		verdict = rare_shape(ctx, conf, p.l3);
	else if (verdict == NOLIST_PASS_SOURCE || verdict == NOLIST_PASS_TCP_OPTION)
		verdict = rare_pass(verdict);
	/* clang 19 knows what the rooms return and drops the checks that the verifier needs. */
	barrier_var(verdict);
	record(ctx, &p, verdict);
	return verdict < NOLIST_VERDICTS ? slow_code[verdict] : XDP_PASS;
}

/*
 * The tail call found no program: a loader has not put it there, or the array was emptied.
 * The frame passes; but one for a high fake is dropped, since the kernel would reset the
 * dialogue.
 */
static __noinline int slow_missing(struct xdp_md *ctx, const struct nolist_config *conf)
{
	__u32 verdict = NOLIST_PASS_NO_SLOW;
	struct pkt p;

	if (slow_match(ctx, conf, &p) == NOLIST_UNDECIDED && p.role == NOLIST_HIGH &&
	    check_host(conf, &p))
		verdict = NOLIST_HIGH_NO_SLOW;
	barrier_var(verdict);
	record_verdict(verdict);
	return verdict < NOLIST_VERDICTS ? slow_code[verdict] : XDP_PASS;
}

#endif
