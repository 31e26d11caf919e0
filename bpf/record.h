/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 6: counts the verdict, notes the contact (contacts.h) and verified evidence
 * (verified.h). A full or busy table loses evidence, and the loss is counted; it never
 * loses the packet.
 */
#ifndef NOLIST_RECORD_H
#define NOLIST_RECORD_H

static __always_inline void record_mx(struct nolist_stats *st, const struct pkt *p, bool is_open)
{
	__u64 mx = p->mx;

	barrier_var(mx); /* as in record_verdict() */
	if (mx >= NOLIST_MX_MAX)
		return;
	st->mx[mx].segments++;
	if (is_open)
		st->mx[mx].opens++;
}

static __always_inline bool record_opens(const struct pkt *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

/* On the fast path without the call. */
static __always_inline bool record_dialogue(struct nolist_stats *st, const struct pkt *p, __u64 q0,
					    __u64 q1)
{
	return __builtin_constant_p(p->l4) ? verified_dialogue_here(st, q0, q1, p->events, 0) :
					     verified_dialogue(st, q0, q1, p->events);
}

/* Notes the source of a segment to an MX of ours; data to the real MX is for record_mail(). */
static __always_inline void record_sender(struct nolist_stats *st, const struct pkt *p,
					  __u32 verdict)
{
	__u64 q0 = p->saddr.q[0], q1 = p->is_ip6 ? 0 : p->saddr.q[1];
	bool opens = record_opens(p);

	record_mx(st, p, opens);
	/* One that is not answered for its number is a contact, too: it may excuse its source. */
	if (opens && (p->role == NOLIST_REAL || verdict == NOLIST_LOW_RST_ACK ||
		      verdict == NOLIST_HIGH_SYN_ACK || verdict == NOLIST_LOW_LIMITED ||
		      verdict == NOLIST_HIGH_LIMITED || verdict == NOLIST_TARPIT_SYN_ACK))
		contact_syn(st, p, p->role == NOLIST_HIGH ? clock_again() : clock_ns(),
			    verdict >= NOLIST_REAL_RESET);
	else if (p->events & ~HIGH_STRONG && record_dialogue(st, p, q0, q1))
		contact_opened(st, q0, q1, p->role);
}

static __always_inline void record_mail(struct xdp_md *ctx, struct nolist_stats *st,
					const struct pkt *p)
{
	struct flow f;

	if (p->l4_len <= p->doff || record_opens(p))
		return;
	/* A copy, so that other callers need not hold p in memory. */
	f = (struct flow){ p->saddr, p->daddr, p->sport, p->dport, p->is_ip6 };
	if (verified_data(ctx, st, &f))
		contact_opened(st, p->saddr.q[0], p->is_ip6 ? 0 : p->saddr.q[1], p->role);
}

/* Counts the verdict. Returns this CPU's counters, or NULL. */
static __always_inline struct nolist_stats *record_verdict(__u32 verdict)
{
	__u32 zero = 0;
	struct nolist_stats *st = bpf_map_lookup_elem(&nolist_stats, &zero);
	__u64 at = verdict; /* Linux 6.1 forgets the bounds of what is copied 32 bits wide */

	if (!__builtin_constant_p(verdict))
		barrier_var(at);
	if (!st || at >= NOLIST_VERDICTS)
		return NULL;
	st->verdict[at]++;
	return st;
}

/* Is there a source of which anything is to be noted? If not, p may not be filled. */
static __always_inline bool record_has_sender(__u32 verdict)
{
	return verdict >= NOLIST_PASS_REAL && verdict != NOLIST_RARE_LIMITED;
}

static __always_inline bool record_is_mail(__u32 verdict)
{
	return verdict == NOLIST_PASS_REAL || verdict == NOLIST_PASS_LISTED;
}

/* All of room 6: the verdict and the source. */
static __always_inline void record(struct xdp_md *ctx, const struct pkt *p,
				   enum nolist_verdict verdict)
{
	struct nolist_stats *st = record_verdict(verdict);

	if (!st || !record_has_sender(verdict))
		return;
	record_sender(st, p, verdict);
	if (record_is_mail(verdict))
		record_mail(ctx, st, p);
}

#endif
