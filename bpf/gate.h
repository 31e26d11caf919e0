/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the room of the real MX: the order gate. The first SYN of a stranger is dropped, and
 * so are its next ones until some seconds have passed: a client's own retransmission comes
 * through. A stranger is who was not at a low fake lately and has never delivered mail.
 *
 * Only the first comer writes a stamp, and nobody makes a live one younger. So whoever finds one
 * waits no longer than without it: forged SYNs can open the gate for others, but never close it.
 */
#ifndef NOLIST_GATE_H
#define NOLIST_GATE_H

#define GATE_EARLY 100 /* units that a try may come too early: clocks have ticks */
#define GATE_CONNECTION_S 60 /* how long the first SYN of a connection is remembered */

/* Is it still learning, by what the loader has noted? Without a note it is. */
static __always_inline bool gate_is_learning(__u64 now)
{
	__u32 zero = 0;
	const struct nolist_meta *m = bpf_map_lookup_elem(&nolist_meta, &zero);

	return !m || !m->learning_ns || now - m->change[0].at_ns < m->learning_ns;
}

/*
 * Who must not wait: one of NOLIST_GATE_VERIFIED ..., or NOLIST_GATE_PASSES. Asked only of
 * those that would. q0 and q1 are the source in halves.
 */
__noinline int gate_exempts(__u64 q0, __u64 q1)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	const struct nolist_verified *r;
	__u64 now = clock_ns();

	if (gate_is_learning(now))
		return NOLIST_GATE_LEARNING;
	if (filter_has(filter_hash_network(nolist_network(q0, q1)), now))
		return NOLIST_GATE_VERIFIED;
	r = bpf_map_lookup_elem(&nolist_verified, src);
	if (r && r->real_first_ns)
		return NOLIST_GATE_VERIFIED;
	return contact_is_test(q0, q1) ? NOLIST_GATE_ALLOWED : NOLIST_GATE_PASSES;
}

/* What first tries are counted by, hashed; tail: of the SYN, differs between connections. */
static __always_inline __u64 gate_hash(const struct nolist_gate *g, __u64 q0, __u64 q1, __u64 tail,
				       __u64 factor)
{
	if (g->flags & NOLIST_GATE_CONNECTION)
		return nolist_stamp_hash((q0 * factor ^ q1) * factor + tail, factor);
	return nolist_stamp_hash(g->flags & NOLIST_GATE_SOURCE && !q0 ? q1 : nolist_network(q0, q1),
				 factor);
}

static __always_inline __u32 gate_window(const struct nolist_gate *g)
{
	return nolist_stamp_units(g->flags & NOLIST_GATE_CONNECTION ?
					  GATE_CONNECTION_S : g->window * (NOLIST_HOUR / 4));
}

/*
 * Is its first try long enough ago? One of NOLIST_GATE_AGED ..., or NOLIST_GATE_PASSES: it must
 * wait.
 */
static __always_inline int gate_try(const struct nolist_gate *g, __u64 q0, __u64 q1, __u64 tail,
				    __u64 factor, __u32 now)
{
	__u32 *at = stamp_at(gate_hash(g, q0, q1, tail, factor), NOLIST_STAMPS_TRY), was;
	bool is_live;
	int why;

	if (!at)
		return NOLIST_GATE_AGED;
	was = *at;
	is_live = nolist_stamp_is_live(was, now, gate_window(g));
	if (is_live && (__s32)(now - was) >= (__s32)(nolist_stamp_units(g->seconds) - GATE_EARLY))
		return NOLIST_GATE_AGED;
	why = gate_exempts(q0, q0 ? 0 : q1);
	if (why == NOLIST_GATE_PASSES && !is_live)
		*at = now;
	return why;
}

static __always_inline void gate_count(__u32 why)
{
	__u32 zero = 0;
	struct nolist_stats *st = bpf_map_lookup_elem(&nolist_stats, &zero);

	if (st && why < NOLIST_GATE_PASSES)
		st->gate[why]++;
}

/* The rest of gate_is_closed(): one that was not at a low fake. The verifier walks it once. */
__noinline int gate_holds(__u64 q0, __u64 q1, __u64 tail, __u32 gate)
{
	union {
		__u32 word;
		struct nolist_gate gate;
	} g = { gate };
	__u32 why = gate_try(&g.gate, q0, q1, tail, stamp_factor(), nolist_stamp(clock_ns()));

	gate_count(why);
	return why == NOLIST_GATE_PASSES;
}

/*
 * Must this segment, which opens a connection to the real MX, wait? Who was at a low fake is
 * looked up here and not in a function: the return from one costs more than the look-up where
 * the kernel guards it (Safe RET).
 */
static __always_inline bool gate_is_closed(const struct nolist_config *conf, const struct pkt *p)
{
	union {
		struct nolist_gate gate;
		__u32 word;
	} g = { conf->gate };
	__u64 q0 = p->saddr.q[0], q1 = p->saddr.q[1], factor = stamp_factor();
	__u32 now = nolist_stamp(clock_ns()), *low;

	if (!factor || !(g.gate.flags & (p->is_ip6 ? NOLIST_GATE_IP6 : NOLIST_GATE_IP4)))
		return false;
	low = stamp_at(nolist_stamp_hash(nolist_network(p->is_ip6 ? q0 : 0, q1), factor),
		       NOLIST_STAMPS_LOW);
	if (!low || nolist_stamp_is_live(*low, now, nolist_stamp_units(g.gate.low * NOLIST_HOUR))) {
		gate_count(NOLIST_GATE_LOW);
		return false;
	}
	return gate_holds(q0, q1, (__u64)p->sport << 32 | p->seq, g.word);
}

#endif
