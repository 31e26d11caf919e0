/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 6: count the verdict, note the contact. A table that is full or busy
 * costs evidence, and that is counted; it never costs the packet.
 */
#ifndef NOLIST_RECORD_H
#define NOLIST_RECORD_H

/* An IPv6 host is free to choose among 2^64 addresses: its /64 is the source. */
static __always_inline struct nolist_source record_source(const struct pkt *p)
{
	struct nolist_source src = { .addr = p->saddr };

	if (p->is_ip6)
		src.addr.q[1] = 0;
	return src;
}

/*
 * Not an atomic addition, which costs a fourth of a SYN to a low fake: where two CPUs count
 * a source at once, one of them may be lost, and no verdict asks for more than "any".
 */
static __always_inline void record_contact(struct nolist_contact *c, __u64 now)
{
	if (!c->first_ns)
		c->first_ns = now;
	c->last_ns = now;
	c->opens++;
}

static __always_inline struct nolist_contact *record_role(struct nolist_claims *c, __u32 role)
{
	return role == NOLIST_LOW ? &c->low : role == NOLIST_REAL ? &c->real : &c->high;
}

/* What a new record starts as; here, since the stack is short of room. */
static const struct nolist_proofs record_no_proofs;

/* This hour's connections to the real MX. Only IPv4 is below ::/64. */
static __always_inline struct nolist_real *record_real(struct nolist_stats *st,
						       const struct nolist_source *src)
{
	__u32 hour = clock_hour();
	struct nolist_real *h = &st->real[!!src->addr.q[0]][hour % NOLIST_HOURS];

	if (h->hour != hour) {
		h->hour = hour;
		h->opens = 0;
		h->data = 0;
	}
	return h;
}

/* A new record of claims. */
static __always_inline void record_add(struct nolist_stats *st, const struct nolist_source *src,
				       __u32 role, __u64 now)
{
	struct nolist_claims c = {}, *other;

	record_contact(record_role(&c, role), now);
	if (!bpf_map_update_elem(&nolist_claims, src, &c, BPF_NOEXIST)) {
		st->claims_new++;
		return;
	}
	/* Another CPU was faster, or there is no room. */
	other = bpf_map_lookup_elem(&nolist_claims, src);
	if (other)
		record_contact(record_role(other, role), now);
	else
		st->claims_lost++;
}

enum record_admission {
	RECORD_SHED,
	RECORD_CLAIM,
	RECORD_KNOWN, /* if its source is known indeed */
};

/* Is there anything left to note a claim with? See NOLIST_CLAIMS_NEW. */
static __always_inline enum record_admission record_admit(struct nolist_stats *st,
							  const struct pkt *p, __u64 now)
{
	struct nolist_budget *b = &st->budget[p->role & 3];
	__u32 second = now >> NOLIST_SECOND_SHIFT;

	if (b->second != second) {
		b->second = second;
		b->touched = 0;
		b->added = 0;
		b->known = 0;
	}
	if (b->added < NOLIST_CLAIMS_NEW && b->touched < NOLIST_CLAIMS_TOUCHED) {
		b->touched++;
		return RECORD_CLAIM;
	}
	if (b->known < NOLIST_CLAIMS_KNOWN &&
	    proven_lately(proven_hash(&p->saddr, p->is_ip6), now)) {
		b->known++;
		return RECORD_KNOWN;
	}
	st->claims_shed[p->role & 3]++;
	return RECORD_SHED;
}

/*
 * A segment that opens a connection: a claim, since its source may be forged. A
 * function of its own, as those below, so that what is shed does not pay for it.
 * Linux 6.1 takes no key of a map from an argument that points to it.
 */
__noinline int record_open(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 role, __u32 admission)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	struct nolist_proofs *r = NULL;
	__u64 now = clock_again();
	struct nolist_claims *c;

	if (!st)
		return 0;
	if (role == NOLIST_REAL || admission == RECORD_KNOWN)
		r = bpf_map_lookup_elem(&nolist_proofs, src);
	if (admission == RECORD_KNOWN && !r) {
		st->claims_shed[role & 3]++;
		return 0;
	}
	if (role == NOLIST_REAL && r && r->real_first_ns)
		record_real(st, src)->opens++;
	c = bpf_map_lookup_elem(&nolist_claims, src);
	if (c) {
		record_contact(record_role(c, role), now);
		return 0;
	}
	if (admission != RECORD_KNOWN)
		st->budget[role & 3].added++;
	record_add(st, src, role, now);
	return 0;
}

/* Who has proven something has opened a connection: if that was shed, it is noted after all. */
__noinline int record_opened(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 role)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	__u64 now = clock_again();
	struct nolist_claims *c;

	if (!st)
		return 0;
	c = bpf_map_lookup_elem(&nolist_claims, src);
	if (!c)
		record_add(st, src, role, now);
	else if (!record_role(c, role)->first_ns)
		record_contact(record_role(c, role), now);
	return 0;
}

/* A new record of proofs; NULL when there is no room, which is counted. */
static __always_inline struct nolist_proofs *
record_proof(struct nolist_stats *st, const struct nolist_source *src, __u64 now)
{
	struct nolist_proofs *r;

	if (!bpf_map_update_elem(&nolist_proofs, src, &record_no_proofs, BPF_NOEXIST))
		st->proofs_new++;
	r = bpf_map_lookup_elem(&nolist_proofs, src);
	if (!r) {
		st->proofs_lost++;
		st->proofs_lost_ns = now;
	}
	return r;
}

/* Does the kernel hold this segment's connection as established? */
static __always_inline bool record_is_established(struct xdp_md *ctx, const struct pkt *p)
{
	struct bpf_sock_tuple t;
	struct bpf_sock *sk;
	bool is_up;

	if (p->is_ip6) {
		__builtin_memcpy(t.ipv6.saddr, &p->saddr, sizeof(t.ipv6.saddr));
		__builtin_memcpy(t.ipv6.daddr, &p->daddr, sizeof(t.ipv6.daddr));
		t.ipv6.sport = p->sport;
		t.ipv6.dport = p->dport;
	} else {
		t.ipv4.saddr = p->saddr.w[3];
		t.ipv4.daddr = p->daddr.w[3];
		t.ipv4.sport = p->sport;
		t.ipv4.dport = p->dport;
	}
	sk = p->is_ip6 ? bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0)
		       : bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	is_up = sk->state == BPF_TCP_ESTABLISHED;
	bpf_sk_release(sk);
	return is_up;
}

/*
 * Data to the real MX. The kernel is asked once for a connection, then again
 * after an hour; a source that works several connections at a time is asked more
 * often, and may count one of them twice.
 */
__noinline int record_data(struct xdp_md *ctx, struct nolist_stats *st, const struct pkt *p)
{
	__u64 now = clock_ns();
	struct nolist_source src;
	struct nolist_proofs *r;
	bool is_first;

	if (!st || !p)
		return 0;
	src = record_source(p);
	r = bpf_map_lookup_elem(&nolist_proofs, &src);
	if (r && r->real_port == p->sport && now - r->real_last_ns < NOLIST_HOUR_NS)
		return 0;
	if (!record_is_established(ctx, p))
		return 0;
	if (!r)
		r = record_proof(st, &src, now);
	if (!r)
		return 0;
	proven_note(proven_hash(&p->saddr, p->is_ip6), now);
	is_first = !r->real_first_ns;
	if (is_first)
		r->real_first_ns = now;
	r->real_last_ns = now;
	r->real_port = p->sport;
	__sync_fetch_and_add(&r->real_data, 1);
	record_real(st, &src)->data++;
	return is_first;
}

/* The record of this hour; the oldest of NOLIST_HOURS gives way. */
static __always_inline struct nolist_hour *record_hour(struct nolist_proofs *r)
{
	__u32 hour = clock_hour();
	struct nolist_hour *h = &r->hour[hour % NOLIST_HOURS];

	if (h->hour != hour) {
		__builtin_memset(h, 0, sizeof(*h));
		h->hour = hour;
		r->hours++;
	}
	return h;
}

/*
 * Writes only what happened: adding nothing to a field could undo what another
 * CPU adds to it, and a lost QUIT would accuse. Stops at the largest value.
 */
static __always_inline void record_count(__u16 *count, bool is_so)
{
	if (is_so && *count < 0xffff)
		(*count)++;
}

#define RECORD_RARE (HIGH_CLOSED | HIGH_EARLY | HIGH_PIPED | HIGH_NOT_SMTP | HIGH_STARTTLS)

static __always_inline void record_events(struct nolist_hour *h, __u32 events)
{
	if (events & HIGH_TOLD)
		record_count(events & HIGH_STRONG ? &h->n[NOLIST_EVENT_TEMPFAILED] :
						    &h->n[NOLIST_EVENT_TEMPFAILED_WEAK],
			     true);
	record_count(&h->n[NOLIST_EVENT_GREETED_WEAK], events & HIGH_WEAK);
	record_count(&h->n[NOLIST_EVENT_QUIT], events & HIGH_QUIT);
	if (!(events & RECORD_RARE))
		return;
	record_count(&h->n[NOLIST_EVENT_CLOSED], events & HIGH_CLOSED);
	record_count(&h->n[NOLIST_EVENT_EARLY_TALKER], events & HIGH_EARLY);
	record_count(&h->n[NOLIST_EVENT_PIPELINED], events & HIGH_PIPED);
	record_count(&h->n[NOLIST_EVENT_NOT_SMTP], events & HIGH_NOT_SMTP);
	record_count(&h->n[NOLIST_EVENT_STARTTLS], events & HIGH_STARTTLS);
}

static __always_inline void record_bad_ack(struct nolist_stats *st,
					   const struct nolist_source *src)
{
	__u32 hour = clock_hour();
	struct nolist_bad_acks *b = &st->bad_acks[hour % NOLIST_HOURS];
	struct nolist_proofs *r = bpf_map_lookup_elem(&nolist_proofs, src);

	if (b->hour != hour) {
		b->hour = hour;
		b->count = 0;
	}
	b->count++;
	if (r)
		__sync_fetch_and_add(&r->bad_acks, 1);
}

/*
 * What a dialogue shows. Only what is proven opens a record: by timestamps, or
 * by a greeting at the one exact number.
 */
__noinline int record_dialogue(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 events)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	__u64 now = clock_ns();
	bool is_first;
	struct nolist_proofs *r;
	struct nolist_hour *h;

	if (!st)
		return 0;
	if (events & HIGH_BAD_ACK) {
		record_bad_ack(st, src);
		return 0;
	}
	r = bpf_map_lookup_elem(&nolist_proofs, src);
	if (!r) {
		if (!(events & (HIGH_STRONG | HIGH_WEAK)))
			return 0;
		r = record_proof(st, src, now);
		if (!r)
			return 0;
	}
	is_first = !r->high_first_ns;
	if (is_first || events & HIGH_TOLD)
		proven_note(proven_hash(&src->addr, q0), now);
	h = record_hour(r);
	if (is_first)
		r->high_first_ns = now;
	r->high_last_ns = now;
	record_events(h, events);
	return is_first;
}

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

/* A claim, if there is anything left to note it with. */
static __always_inline void record_syn(struct nolist_stats *st, const struct pkt *p, __u64 now)
{
	enum record_admission admission = record_admit(st, p, now);

	if (admission != RECORD_SHED)
		record_open(st, p->saddr.q[0], p->is_ip6 ? 0 : p->saddr.q[1], p->role, admission);
}

static __always_inline bool record_opens(const struct pkt *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

/* Who sent it, for segments to an MX of ours; of data to the real one record_mail() knows more. */
static __always_inline void record_sender(struct nolist_stats *st, const struct pkt *p,
					  __u32 verdict)
{
	__u64 q0 = p->saddr.q[0], q1 = p->is_ip6 ? 0 : p->saddr.q[1];
	bool opens = record_opens(p);

	record_mx(st, p, opens);
	if (opens && (verdict == NOLIST_PASS_REAL || verdict == NOLIST_LOW_RST_ACK ||
		      verdict == NOLIST_HIGH_SYN_ACK))
		record_syn(st, p, p->role == NOLIST_HIGH ? clock_again() : clock_ns());
	else if (p->events & ~HIGH_STRONG && record_dialogue(st, q0, q1, p->events))
		record_opened(st, q0, q1, p->role);
}

static __always_inline void record_mail(struct xdp_md *ctx, struct nolist_stats *st,
					const struct pkt *p)
{
	if (p->l4_len > p->doff && !record_opens(p) && record_data(ctx, st, p))
		record_opened(st, p->saddr.q[0], p->is_ip6 ? 0 : p->saddr.q[1], p->role);
}

/* Counts where the frame went. */
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

/* Where a frame went, and who sent it: all of room 6. */
static __always_inline void record(struct xdp_md *ctx, const struct pkt *p,
				   enum nolist_verdict verdict)
{
	struct nolist_stats *st = record_verdict(verdict);

	/* All from here on are to an MX of ours; of other frames p is not even filled. */
	if (!st || verdict < NOLIST_PASS_REAL)
		return;
	record_sender(st, p, verdict);
	if (verdict == NOLIST_PASS_REAL)
		record_mail(ctx, st, p);
}

#endif
