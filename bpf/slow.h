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
	[NOLIST_TARPIT_SYN_ACK... NOLIST_TARPIT_RST] = XDP_TX,
	[NOLIST_TARPIT_SILENT] = XDP_DROP,
};

/* Forces clang to read p again; short of registers, it would else hold it on the stack twice. */
static __always_inline void slow_reread(struct pkt *p)
{
	asm volatile("" : : "r"(p) : "memory");
}

/*
 * Writes an answer; row: its text or NULL. A global function, so that the verifier walks it once
 * for all answers. Linux 6.1 does not know that it makes pointers into the frame invalid: its
 * callers have none.
 */
__noinline int slow_reply(struct xdp_md *ctx, const struct nolist_reply *row, const struct pkt *p,
			  const struct reply *r)
{
	return p && r && reply_segment(ctx, row, p, r, false);
}

static __always_inline enum nolist_verdict slow_low(struct xdp_md *ctx,
						    const struct nolist_config *conf,
						    const struct pkt *p, struct reply *r)
{
	enum nolist_verdict verdict = decide_low(p, r);

	if (p->role == NOLIST_LOW && conf->gate.flags & NOLIST_GATE_STAMPS && record_opens(p))
		stamp_low(p->saddr.q[0], p->saddr.q[1]);
	if (limit_reset(conf, p))
		return NOLIST_LOW_LIMITED;
	return slow_reply(ctx, NULL, p, r) ? verdict : NOLIST_PASS_NO_SPACE;
}

/* Is it an answer of which this network has had its number? */
static __always_inline bool slow_is_limited(const struct nolist_config *conf, const struct pkt *p,
					    enum nolist_verdict verdict)
{
	bool is_reset = verdict == NOLIST_HIGH_RST || verdict == NOLIST_TARPIT_RST;
	__u32 kind = is_reset ? NOLIST_LIMIT_RESET : NOLIST_LIMIT_SYN_ACK;

	if (!is_reset && verdict != NOLIST_HIGH_SYN_ACK && verdict != NOLIST_TARPIT_SYN_ACK)
		return false;
	return conf->answers[kind] && limit_counted(limit_network(p), kind, conf->answers[kind]);
}

/*
 * conf: of the high fake; or what a listed source is told at the real MX, or one that is held
 * anywhere. What is of no connection that is held may be of a dialogue.
 */
static __always_inline enum nolist_verdict slow_high(struct xdp_md *ctx,
						     const struct nolist_config *conf,
						     const struct nolist_config *said,
						     struct pkt *p, struct reply *r)
{
	enum nolist_verdict verdict = said ? tarpit(said, p, r) : NOLIST_UNDECIDED;
	const struct nolist_reply *row;

	if (verdict == NOLIST_UNDECIDED)
		verdict = high(ctx, conf, p, r);
	else
		conf = said;
	row = r->text_len ? smtp_reply(conf, r->text) : NULL;
	if (slow_is_limited(conf, p, verdict))
		return NOLIST_HIGH_LIMITED;
	return !r->flags || slow_reply(ctx, row, p, r) ? verdict : NOLIST_HIGH_NO_SPACE;
}

/* The configuration of a tenant, as a slot's role has it; NULL: there is none. */
static __always_inline const struct nolist_config *slow_tenant(__u32 tenant)
{
	__u32 place = !!(tenant & NOLIST_TENANTS_PLACE), at = (tenant & NOLIST_TENANTS_MAX) - 1;
	void *inner = bpf_map_lookup_elem(&nolist_tenants, &place);

	return inner ? bpf_map_lookup_elem(inner, &at) : NULL;
}

/* What is to be answered: a closed port's reset, a dialogue, or a client that is held. */
enum slow_how { SLOW_DIALOGUE, SLOW_RESET, SLOW_TARPIT };

/* The answer to a segment for a fake, or to one of a listed source. */
static __always_inline int slow_answer(struct xdp_md *ctx, const struct nolist_config *conf,
				  struct pkt *p, enum slow_how how)
{
	const struct nolist_config *said = NULL;
	struct reply r = {};
	int verdict;

	if (p->role == NOLIST_LOW || how == SLOW_RESET)
		return slow_low(ctx, conf, p, &r);
	if (p->role == NOLIST_REAL || how == SLOW_TARPIT)
		said = real_said();
	if (p->role == NOLIST_REAL)
		conf = said;
	else if (p->tenant)
		conf = slow_tenant(p->tenant);
	if (!conf)
		return p->role == NOLIST_REAL ? NOLIST_PASS_REAL : NOLIST_HIGH_SILENT;
	verdict = slow_high(ctx, conf, how == SLOW_TARPIT ? said : NULL, p, &r);
	if (p->role == NOLIST_REAL && p->events)
		p->events |= HIGH_HELD;
	else if (p->role == NOLIST_HIGH && p->events)
		p->events |= (__u32)(p->tenant & NOLIST_TENANTS_MAX) << HIGH_TENANT_SHIFT;
	return verdict;
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
	return verdict == NOLIST_UNDECIDED ? match_mx(conf, p) : verdict;
}

/*
 * Room 6, in two global functions: whatever led to them, the verifier walks them once. Two, for
 * the stack.
 */
__noinline int slow_record(struct nolist_stats *st, const struct pkt *p, __u32 verdict)
{
	if (st && p && record_has_sender(verdict))
		record_sender(st, p, verdict);
	return 0;
}

__noinline int slow_mail(struct xdp_md *ctx, struct nolist_stats *st, const struct pkt *p)
{
	if (st && p)
		record_mail(ctx, st, p);
	return 0;
}

/* What is for no MX of ours, or for rare.h: p is not filled. */
static __always_inline int slow_other(struct xdp_md *ctx, const struct nolist_config *conf,
				      const struct pkt *p, __u32 verdict)
{
	if (verdict == NOLIST_PASS_SHAPE)
		verdict = rare_shape(ctx, conf, p->l3);
	barrier_var(verdict);
	record_verdict(verdict);
	return verdict < NOLIST_VERDICTS ? slow_code[verdict] : XDP_PASS;
}

/* Room 3, likewise. */
__noinline int slow_check(struct xdp_md *ctx, const struct nolist_config *conf, struct pkt *p)
{
	return conf && p ? check_segment(ctx, conf, p) : NOLIST_PASS_REAL;
}

static __always_inline enum slow_how slow_how(const struct nolist_config *conf,
					     const struct pkt *p, __u32 wanted)
{
	if (wanted == NOLIST_REAL_RESET)
		return SLOW_RESET;
	if (wanted == NOLIST_REAL_ACK)
		return SLOW_TARPIT;
	if (p->role == NOLIST_HIGH && !p->tenant && conf->defends & NOLIST_DEFEND_HIGH &&
	    real_is_held(p->is_ip6 ? p->saddr.q[0] : 0, p->saddr.q[1]))
		return SLOW_TARPIT;
	return SLOW_DIALOGUE;
}

static __always_inline __u32 slow_verdict(struct xdp_md *ctx, const struct nolist_config *conf,
					  struct pkt *p, bool is_real)
{
	__u32 verdict = is_real && conf->defends ? real_decide(conf, p) : NOLIST_PASS_REAL;
	enum slow_how how = slow_how(conf, p, verdict);

	if (is_real && !real_is_answer(verdict))
		return verdict;
	verdict = slow_check(ctx, conf, p);
	if (verdict == NOLIST_UNDECIDED)
		verdict = slow_answer(ctx, conf, p, how);
	if (is_real)
		return real_verdict(verdict);
	if (verdict == NOLIST_PASS_SHAPE)
		return rare_shape(ctx, conf, p->l3);
	if (verdict == NOLIST_PASS_SOURCE || verdict == NOLIST_PASS_TCP_OPTION)
		return rare_pass(verdict);
	return verdict;
}

/* Is it for the mail server at a low fake's address? It counts as one to the real MX then. */
static __always_inline bool slow_is_let_in(const struct nolist_config *conf, const struct pkt *p)
{
	return p->role == NOLIST_LOW && conf->defends & NOLIST_DEFEND_LOW &&
	       p->dport == bpf_htons(NOLIST_SMTP_PORT) && real_is_let_in(p->saddr.q[0], p->saddr.q[1]);
}

static __always_inline int slow_path(struct xdp_md *ctx, const struct nolist_config *conf)
{
	struct nolist_stats *st;
	__u32 verdict;
	struct pkt p;

	verdict = slow_match(ctx, conf, &p);
	slow_reread(&p);
	if (verdict != NOLIST_UNDECIDED && verdict != NOLIST_PASS_REAL)
		return slow_other(ctx, conf, &p, verdict);
	if (slow_is_let_in(conf, &p)) {
		p.role = NOLIST_REAL;
		verdict = NOLIST_PASS_REAL;
	} else {
		verdict = slow_verdict(ctx, conf, &p, verdict == NOLIST_PASS_REAL);
	}
	/* clang 19 knows what the rooms return and drops the checks that the verifier needs. */
	barrier_var(verdict);
	st = record_verdict(verdict);
	slow_record(st, &p, verdict);
	if (record_is_mail(verdict))
		slow_mail(ctx, st, &p);
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
