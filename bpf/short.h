/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short ways through the same rooms, for the frames of which there are many: what is for
 * others, mail, the SYNs that floods are made of, and what dialogues are made of. A glance
 * says which one; whatever is not just so takes the long way, which knows all of it.
 */
#ifndef NOLIST_SHORT_H
#define NOLIST_SHORT_H

/* What a frame looks like at a glance. */
enum short_shape {
	SHORT_ANY,   /* to be read with care */
	SHORT_OTHER, /* to no port or no MX of ours: counted, and done with */
	/* As parse_plain() knows it: mail, */
	SHORT_REAL4,
	SHORT_REAL6,
	/* and to a fake nothing but a SYN, */
	SHORT_LOW_SYN4,
	SHORT_LOW_SYN6,
	SHORT_HIGH_SYN4,
	SHORT_HIGH_SYN6,
	/* an ACK, or FIN and ACK. */
	SHORT_HIGH_ACK4,
	SHORT_HIGH_ACK6,
	SHORT_HIGH_FIN4,
	SHORT_HIGH_FIN6,
};

static __always_inline enum short_shape
short_glance(struct xdp_md *ctx, const struct nolist_config *conf, bool is_ip6, __u32 *mx)
{
	const struct nolist_slot *s = NULL;
	struct nolist_addr daddr;
	__be16 port;
	__u8 flags;

	if (!parse_plain(ctx, is_ip6, &port, &flags, &daddr))
		return SHORT_ANY;
	if (match_port(conf, port))
		s = match_slot(conf, &daddr);
	if (!s) {
		record_verdict(NOLIST_PASS_OTHER);
		return SHORT_OTHER;
	}
	*mx = s->mx;
	if (s->role == NOLIST_REAL && port == bpf_htons(NOLIST_SMTP_PORT))
		return SHORT_REAL4 + is_ip6;
	if (!match_fakes(conf, port))
		return SHORT_ANY;
	if (flags == TCP_SYN && s->role == NOLIST_LOW)
		return SHORT_LOW_SYN4 + is_ip6;
	if (s->role != NOLIST_HIGH)
		return SHORT_ANY;
	if ((flags & ~TCP_PSH) == TCP_ACK)
		return SHORT_HIGH_ACK4 + is_ip6;
	if (flags == (TCP_FIN | TCP_ACK))
		return SHORT_HIGH_FIN4 + is_ip6;
	return flags == TCP_SYN ? SHORT_HIGH_SYN4 + is_ip6 : SHORT_ANY;
}

/* Mail: number mx is a real MX. */
static __always_inline int short_real(struct xdp_md *ctx, __u32 mx, bool is_ip6)
{
	struct pkt p;

	if (parse_whole(ctx, &p, is_ip6) != NOLIST_UNDECIDED)
		return XDP_ABORTED;
	p.role = NOLIST_REAL;
	p.mx = mx;
	record(ctx, &p, NOLIST_PASS_REAL);
	return XDP_PASS;
}

/* Sends r, with that text or NULL, and counts it; XDP_ABORTED: it cannot be sent. */
static __always_inline int short_answer(struct xdp_md *ctx, const struct nolist_reply *text,
					const struct pkt *p, const struct reply *r,
					enum nolist_verdict verdict)
{
	struct nolist_stats *st;

	if (!reply_plain(ctx, text, p, r))
		return XDP_ABORTED;
	st = record_verdict(verdict);
	if (st)
		record_sender(st, p, verdict);
	return XDP_TX;
}

/* To a high fake, and neither SYN nor reset. */
static __always_inline int short_dialogue(struct xdp_md *ctx, const struct nolist_config *conf,
					  struct pkt *p, struct reply *r)
{
	const struct nolist_reply *text;
	struct high h;

	if (!high_recognize(p, &h)) {
		if (high_refuse(conf, p, r) != NOLIST_HIGH_RST)
			return XDP_ABORTED;
		return short_answer(ctx, NULL, p, r, NOLIST_HIGH_RST);
	}
	if (p->flags & TCP_FIN)
		return high_ending(p, r, &h) ? short_answer(ctx, NULL, p, r, NOLIST_HIGH_ACK)
					     : XDP_ABORTED;
	text = high_usual(conf, p, r, &h);
	return text ? short_answer(ctx, text, p, r, NOLIST_HIGH_TEXT) : XDP_ABORTED;
}

/*
 * To a fake, number mx. Nothing here wants p in memory, so clang keeps it in registers; with
 * a constant family it knows where everything is, with constant flags what cannot be. Where it
 * returns XDP_ABORTED the frame is as it came, nothing is counted, and the long way is to be taken.
 */
static __always_inline int short_fake(struct xdp_md *ctx, const struct nolist_config *conf,
				      __u32 mx, enum nolist_role role, __u8 flags, bool is_ip6)
{
	int code = XDP_ABORTED;
	struct reply r = {};
	struct pkt p;

	/* In one place: clang else makes it anew before each of twenty tests. */
	barrier_var(code);
	if (parse_whole(ctx, &p, is_ip6) != NOLIST_UNDECIDED)
		return code;
	p.flags = flags;
	p.role = role;
	p.mx = mx;
	if (check_segment(ctx, conf, &p) != NOLIST_UNDECIDED)
		return code;
	if (role == NOLIST_LOW)
		return short_answer(ctx, NULL, &p, &r, decide_low(&p, &r));
	if (flags == TCP_SYN)
		return short_answer(ctx, NULL, &p, &r, high_syn(conf, &p, &r));
	return short_dialogue(ctx, conf, &p, &r);
}

/* Functions of their own for the stack: all that call each other have 512 bytes. */
static __noinline int short_real4(struct xdp_md *ctx, __u32 mx)
{
	return short_real(ctx, mx, false);
}

static __noinline int short_real6(struct xdp_md *ctx, __u32 mx)
{
	return short_real(ctx, mx, true);
}

#define SHORT_WAY(name, role, flags, is_ip6)                                                       \
	static __noinline int short_##name(struct xdp_md *ctx, const struct nolist_config *conf,   \
					   __u32 mx)                                               \
	{                                                                                          \
		return short_fake(ctx, conf, mx, role, flags, is_ip6);                             \
	}
SHORT_WAY(low_syn4, NOLIST_LOW, TCP_SYN, false)
SHORT_WAY(low_syn6, NOLIST_LOW, TCP_SYN, true)
SHORT_WAY(high_syn4, NOLIST_HIGH, TCP_SYN, false)
SHORT_WAY(high_syn6, NOLIST_HIGH, TCP_SYN, true)
SHORT_WAY(high_ack4, NOLIST_HIGH, TCP_ACK, false)
SHORT_WAY(high_ack6, NOLIST_HIGH, TCP_ACK, true)
SHORT_WAY(high_fin4, NOLIST_HIGH, TCP_FIN | TCP_ACK, false)
SHORT_WAY(high_fin6, NOLIST_HIGH, TCP_FIN | TCP_ACK, true)

/* An XDP code, or XDP_ABORTED: there is no short way. */
static __always_inline int short_way(struct xdp_md *ctx, const struct nolist_config *conf,
				     enum short_shape shape, __u32 mx)
{
	switch (shape) {
	case SHORT_ANY:
		return XDP_ABORTED;
	case SHORT_OTHER:
		return XDP_PASS;
	case SHORT_REAL4:
		return short_real4(ctx, mx);
	case SHORT_REAL6:
		return short_real6(ctx, mx);
	case SHORT_LOW_SYN4:
		return short_low_syn4(ctx, conf, mx);
	case SHORT_LOW_SYN6:
		return short_low_syn6(ctx, conf, mx);
	case SHORT_HIGH_SYN4:
		return short_high_syn4(ctx, conf, mx);
	case SHORT_HIGH_SYN6:
		return short_high_syn6(ctx, conf, mx);
	case SHORT_HIGH_ACK4:
		return short_high_ack4(ctx, conf, mx);
	case SHORT_HIGH_ACK6:
		return short_high_ack6(ctx, conf, mx);
	case SHORT_HIGH_FIN4:
		return short_high_fin4(ctx, conf, mx);
	case SHORT_HIGH_FIN6:
		return short_high_fin6(ctx, conf, mx);
	}
	return XDP_ABORTED;
}

#endif
