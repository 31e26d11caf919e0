/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 6: count the verdict, note the contact. A table that is full or busy
 * costs evidence, and that is counted; it never costs the packet.
 */
#ifndef NOLIST_RECORD_H
#define NOLIST_RECORD_H

static __always_inline struct nolist_stats *record_stats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&nolist_stats, &zero);
}

/* An IPv6 host is free to choose among 2^64 addresses: its /64 is the source. */
static __always_inline struct nolist_source record_source(const struct pkt *p)
{
	struct nolist_source src = { .addr = p->saddr };

	if (p->is_ip6)
		src.addr.q[1] = 0;
	return src;
}

static __always_inline void record_contact(struct nolist_contact *c, __u64 now)
{
	if (!c->first_ns)
		c->first_ns = now;
	c->last_ns = now;
	__sync_fetch_and_add(&c->opens, 1);
}

static __always_inline struct nolist_contact *record_role(struct nolist_claims *c, __u32 role)
{
	return role == NOLIST_LOW ? &c->low : role == NOLIST_REAL ? &c->real : &c->high;
}

/* What a new record starts as; here, since the stack is short of room. */
static const struct nolist_claims record_no_claims;
static const struct nolist_proofs record_no_proofs;

/* A segment that opens a connection: a claim, since its source may be forged. */
static __always_inline void record_open(struct nolist_stats *st, const struct pkt *p)
{
	struct nolist_source src = record_source(p);
	struct nolist_claims *c = bpf_map_lookup_elem(&nolist_claims, &src);

	if (!c) {
		if (!bpf_map_update_elem(&nolist_claims, &src, &record_no_claims, BPF_NOEXIST))
			st->claims_new++;
		c = bpf_map_lookup_elem(&nolist_claims, &src);
		if (!c) {
			st->claims_lost++;
			return;
		}
	}
	record_contact(record_role(c, p->role), bpf_ktime_get_coarse_ns());
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
static __always_inline void record_data(struct xdp_md *ctx, struct nolist_stats *st,
					const struct pkt *p)
{
	struct nolist_source src = record_source(p);
	struct nolist_proofs *r = bpf_map_lookup_elem(&nolist_proofs, &src);
	__u64 now = bpf_ktime_get_coarse_ns();

	if (r && r->real_port == p->sport && now - r->real_last_ns < NOLIST_HOUR_NS)
		return;
	if (!record_is_established(ctx, p))
		return;
	if (!r) {
		if (!bpf_map_update_elem(&nolist_proofs, &src, &record_no_proofs, BPF_NOEXIST))
			st->proofs_new++;
		r = bpf_map_lookup_elem(&nolist_proofs, &src);
		if (!r) {
			st->proofs_lost++;
			st->proofs_lost_ns = now;
			return;
		}
	}
	if (!r->real_first_ns)
		r->real_first_ns = now;
	r->real_last_ns = now;
	r->real_port = p->sport;
	__sync_fetch_and_add(&r->real_data, 1);
}

static __always_inline void record_mx(const struct pkt *p, bool is_open)
{
	struct nolist_mxstats *m = bpf_map_lookup_elem(&nolist_mxstats, &p->mx);

	if (!m)
		return;
	m->segments++;
	m->opens += is_open;
}

/* One call for each frame: where it went, and who sent it. */
static __always_inline void record(struct xdp_md *ctx, const struct pkt *p,
				   enum nolist_verdict verdict)
{
	struct nolist_stats *st = record_stats();
	bool is_open = (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;

	if (!st || verdict >= NOLIST_VERDICTS)
		return;
	st->verdict[verdict]++;
	if (p->role == NOLIST_NONE)
		return;
	record_mx(p, is_open);
	if (verdict < NOLIST_LOW_RST_ACK && verdict != NOLIST_PASS_REAL)
		return;
	if (is_open)
		record_open(st, p);
	else if (verdict == NOLIST_PASS_REAL && p->l4_len > p->doff)
		record_data(ctx, st, p);
}

#endif
