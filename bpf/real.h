/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room of the real MX: what is for its port 25 passes, unless something defends it
 * (nolist_config.defends). Whatever is decided here, the contact is noted as one with the
 * real MX. In this order:
 *
 *   1. The block list (NOLIST_DEFEND_BLOCK): a listed source is noted, tempfailed, reset or
 *      dropped; an allowed one passes, whatever follows.
 *   2. The gate (NOLIST_DEFEND_GATE): is it a stranger's first try? Dropped, so that the
 *      client's own retransmission comes through.
 *   3. Anything else passes.
 *
 * Nothing here refuses what it does not know: each doubt ends with NOLIST_PASS_REAL.
 * Connections that the kernel holds live on, since only SYNs are reset or dropped, and since
 * of other segments only those of our own dialogues are answered.
 */
#ifndef NOLIST_REAL_H
#define NOLIST_REAL_H

#define block_at(table, line) bpf_map_lookup_elem(table, &(__u32){ line })

#include "listed.h"

#define REAL_PAROLE 24 /* one hour of so many */

/* Is it a verdict for which the slow path must write an answer? */
static __always_inline bool real_is_answer(enum nolist_verdict verdict)
{
	return verdict >= NOLIST_REAL_RESET && verdict <= NOLIST_REAL_ACK;
}

/* Does the frame go on to the kernel? Of the verdicts of this room that are no answers. */
static __always_inline bool real_passes(enum nolist_verdict verdict)
{
	return verdict == NOLIST_PASS_REAL || verdict == NOLIST_PASS_LISTED;
}

/* What listed sources are told, as a configuration; or NULL. */
static __always_inline const struct nolist_config *real_said(void)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&nolist_said, &zero);

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

/* The hour of the day in which a source passes: nobody else can know it. */
static __always_inline bool real_is_parole(__u64 q0, __u64 q1)
{
	__u32 of = cookie_hash4(q0 ^ q1, 'p') >> 32;

	return of % REAL_PAROLE == clock_hour() % REAL_PAROLE;
}

/*
 * Has it walked twice, the second time after what the table's lists are made of? So a good
 * sender that is listed is free before the lists are made anew.
 */
static __always_inline bool real_has_walked(const struct nolist_block_head *h, __u64 q0, __u64 q1)
{
	struct nolist_source src = { .addr = { .q = { q0, q1 } } };
	const struct nolist_verified *r = bpf_map_lookup_elem(&nolist_verified, &src);

	return r && r->walk.prev_ns && r->walk.last_ns > h->made_ns;
}

/* Why it passes nevertheless: enum nolist_leniency; -1: it does not. */
static __always_inline int real_leniency(const struct nolist_block_head *h, __u32 act, __u64 q0,
					 __u64 q1, bool is_open)
{
	__u64 now = clock_ns();

	if (h->mode == NOLIST_BLOCK_BRAKED)
		return NOLIST_LENIENT_BRAKED;
	if (now > h->until_ns)
		return NOLIST_LENIENT_EXPIRED;
	if (act == NOLIST_ACT_NOTE || h->mode != NOLIST_BLOCK_ENFORCED)
		return NOLIST_LENIENT_NOTE;
	/* A dialogue goes on as it began. */
	if ((act == NOLIST_ACT_TEMPFAIL || act == NOLIST_ACT_TARPIT) && is_open &&
	    real_has_walked(h, q0, q1))
		return NOLIST_LENIENT_WALKED;
	if (act == NOLIST_ACT_TEMPFAIL || (act == NOLIST_ACT_TARPIT && !is_open))
		return -1;
	return real_is_parole(q0, q1) ? NOLIST_LENIENT_PAROLE : -1;
}

static __always_inline void real_count(__u32 leniency)
{
	__u32 zero = 0;
	struct nolist_stats *st = bpf_map_lookup_elem(&nolist_stats, &zero);

	if (st && leniency < NOLIST_LENIENCIES)
		st->lenient[leniency]++;
}

/*
 * enum nolist_action of a source of which something is known. net: of IPv4 the four bits of its
 * /24. A global function, as the next ones, so that others do not pay for it, and the verifier
 * walks it once.
 */
__noinline int real_action(__u64 q0, __u64 q1, __u32 net)
{
	__u32 zero = 0;
	void *table = bpf_map_lookup_elem(&nolist_block, &zero);
	const struct nolist_block_head *h = table ? block_head(table) : NULL;

	if (!h)
		return NOLIST_ACT_NONE;
	return q0 ? block_action6(table, h, bpf_be64_to_cpu(q0)) :
		    block_action4(table, h, (__u32)bpf_be64_to_cpu(q1), net);
}

/*
 * The verdict on a segment of a source of which something is known; NOLIST_UNDECIDED: it is not
 * listed.
 */
__noinline int real_listed(__u64 q0, __u64 q1, __u32 net, bool is_open)
{
	__u32 zero = 0, act;
	void *table = bpf_map_lookup_elem(&nolist_block, &zero);
	const struct nolist_block_head *h = table ? block_head(table) : NULL;
	int leniency;

	if (!h)
		return NOLIST_UNDECIDED;
	act = real_action(q0, q1, net);
	if (act == NOLIST_ACT_NONE)
		return NOLIST_UNDECIDED;
	if (act == NOLIST_ACT_ALLOW)
		return NOLIST_PASS_REAL;
	if (act == NOLIST_ACT_TARPIT)
		act = h->held;
	leniency = real_leniency(h, act, q0, q1, is_open);
	if (leniency >= 0) {
		if (is_open)
			real_count(leniency);
		return NOLIST_PASS_LISTED;
	}
	if (act == NOLIST_ACT_TEMPFAIL || act == NOLIST_ACT_TARPIT)
		return !real_said() ? NOLIST_PASS_LISTED :
		       act == NOLIST_ACT_TEMPFAIL ? NOLIST_REAL_TEXT : NOLIST_REAL_ACK;
	if (!is_open)
		return NOLIST_PASS_LISTED;
	return act == NOLIST_ACT_RESET ? NOLIST_REAL_RESET : NOLIST_REAL_DROPPED;
}

/* Is a source, in halves, one that a high fake holds? Not asked where none is. */
__noinline int real_is_held(__u64 q0, __u64 q1)
{
	__u32 zero = 0, net;
	void *table = bpf_map_lookup_elem(&nolist_block, &zero);
	const struct nolist_block_head *h;

	if (!table)
		return 0;
	net = q0 ? block_maybe6(table, bpf_be64_to_cpu(q0)) :
		   block_net4(table, (__u32)bpf_be64_to_cpu(q1));
	h = net ? block_head(table) : NULL;
	if (!h || h->mode != NOLIST_BLOCK_ENFORCED || clock_ns() > h->until_ns)
		return 0;
	return real_action(q0, q1, net) == NOLIST_ACT_TARPIT;
}

/* Does a source, in halves, pass at a low fake's address? Not asked where nobody does. */
__noinline int real_is_let_in(__u64 q0, __u64 q1)
{
	struct nolist_low_key key = { .len = 128 };
	__u32 zero = 0;
	void *networks = bpf_map_lookup_elem(&nolist_low_pass, &zero);

	__builtin_memcpy(&key.addr[0], &q0, sizeof(q0));
	__builtin_memcpy(&key.addr[2], &q1, sizeof(q1));

	return networks && bpf_map_lookup_elem(networks, &key);
}

/* The block list. Nearly always nothing is known of the source, and one line says so. */
static __always_inline enum nolist_verdict real_block(const struct pkt *p)
{
	__u32 zero = 0, net;
	void *table = bpf_map_lookup_elem(&nolist_block, &zero);
	bool is_open = (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;

	if (!table)
		return NOLIST_UNDECIDED;
	net = p->is_ip6 ? block_maybe6(table, bpf_be64_to_cpu(p->saddr.q[0])) :
			  block_net4(table, bpf_ntohl(p->saddr.w[3]));
	if (!net)
		return NOLIST_UNDECIDED;
	return real_listed(p->is_ip6 ? p->saddr.q[0] : 0, p->is_ip6 ? 0 : p->saddr.q[1], net, is_open);
}

/*
 * The verdict on a segment for the real MX, of which p has all but what check.h fills. Asked
 * only if conf->defends is not 0. It may be asked twice for a frame, by the fast path and, if
 * there is to be an answer, by the slow path: of an answer it says which kind is wanted,
 * NOLIST_REAL_RESET, NOLIST_REAL_TEXT, or NOLIST_REAL_ACK: it is held.
 */
static __always_inline enum nolist_verdict real_decide(const struct nolist_config *conf,
						       const struct pkt *p)
{
	enum nolist_verdict verdict = NOLIST_UNDECIDED;

	if (conf->defends & NOLIST_DEFEND_BLOCK)
		verdict = real_block(p);
	if (verdict != NOLIST_UNDECIDED)
		return verdict;
	if (conf->defends & NOLIST_DEFEND_GATE && record_opens(p) && gate_is_closed(conf, p))
		return NOLIST_REAL_GATED;
	return NOLIST_PASS_REAL;
}

/* The verdict on an answer by the rooms of the fakes. What they leave to the kernel passes. */
static const __u8 real_verdicts[NOLIST_VERDICTS] = {
	[NOLIST_PASS_LISTED] = NOLIST_PASS_LISTED,
	[NOLIST_REAL_DROPPED] = NOLIST_REAL_DROPPED,
	[NOLIST_REAL_GATED] = NOLIST_REAL_GATED,
	[NOLIST_LOW_RST_ACK] = NOLIST_REAL_RESET,
	[NOLIST_LOW_RST] = NOLIST_REAL_RESET,
	[NOLIST_LOW_LIMITED] = NOLIST_REAL_LIMITED,
	[NOLIST_HIGH_SYN_ACK] = NOLIST_REAL_SYN_ACK,
	[NOLIST_HIGH_TEXT] = NOLIST_REAL_TEXT,
	[NOLIST_HIGH_ACK] = NOLIST_REAL_ACK,
	[NOLIST_HIGH_SILENT] = NOLIST_REAL_SILENT,
	[NOLIST_HIGH_LIMITED] = NOLIST_REAL_LIMITED,
	[NOLIST_HIGH_NO_SPACE] = NOLIST_REAL_NO_SPACE,
	[NOLIST_TARPIT_SYN_ACK] = NOLIST_TARPIT_SYN_ACK,
	[NOLIST_TARPIT_BANNER] = NOLIST_TARPIT_BANNER,
	[NOLIST_TARPIT_LINE] = NOLIST_TARPIT_LINE,
	[NOLIST_TARPIT_END] = NOLIST_TARPIT_END,
	[NOLIST_TARPIT_RST] = NOLIST_TARPIT_RST,
	[NOLIST_TARPIT_SILENT] = NOLIST_TARPIT_SILENT,
};

static __always_inline __u32 real_verdict(__u32 verdict)
{
	barrier_var(verdict);
	if (verdict >= NOLIST_VERDICTS || !real_verdicts[verdict])
		return NOLIST_PASS_REAL;
	return real_verdicts[verdict];
}

#endif
