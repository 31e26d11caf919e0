/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of room 6: notes verified evidence, which nobody can forge in the name of a source:
 * data to the real MX on a connection that the kernel holds as established, and dialogues
 * with a high fake in which the source acknowledged our numbers.
 */
#ifndef NOLIST_VERIFIED_H
#define NOLIST_VERIFIED_H

/* A new record; here, since the stack is small. */
static const struct nolist_verified verified_nothing;

/* A new record of verified evidence; NULL: the table is full, which is counted. */
static __always_inline struct nolist_verified *
verified_new(struct nolist_stats *st, const struct nolist_source *src, __u64 now)
{
	struct nolist_verified *r;

	if (!bpf_map_update_elem(&nolist_verified, src, &verified_nothing, BPF_NOEXIST))
		st->verified_new++;
	r = bpf_map_lookup_elem(&nolist_verified, src);
	if (!r) {
		st->verified_lost++;
		st->verified_lost_ns = now;
	}
	return r;
}

/* A connection. Addresses and ports are in network byte order. */
struct flow {
	struct nolist_addr saddr;
	struct nolist_addr daddr;
	__be16 sport;
	__be16 dport;
	__u32 is_ip6;
};

/* Does the kernel hold this connection as established? */
static __always_inline bool verified_established(struct xdp_md *ctx, const struct flow *f)
{
	struct bpf_sock_tuple t;
	struct bpf_sock *sk;
	bool is_up;

	if (f->is_ip6) {
		__builtin_memcpy(t.ipv6.saddr, &f->saddr, sizeof(t.ipv6.saddr));
		__builtin_memcpy(t.ipv6.daddr, &f->daddr, sizeof(t.ipv6.daddr));
		t.ipv6.sport = f->sport;
		t.ipv6.dport = f->dport;
	} else {
		t.ipv4.saddr = f->saddr.w[3];
		t.ipv4.daddr = f->daddr.w[3];
		t.ipv4.sport = f->sport;
		t.ipv4.dport = f->dport;
	}
	sk = f->is_ip6 ? bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0)
		       : bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	is_up = sk->state == BPF_TCP_ESTABLISHED;
	bpf_sk_release(sk);
	return is_up;
}

/* Enough time since the last one for this one to count? */
static __always_inline bool verified_is_apart(const struct nolist_twice *t, __u64 now)
{
	__u64 last = t->last_ns;

	return !last || (now > last && now - last >= NOLIST_APART_NS);
}

static __always_inline void verified_again(struct nolist_twice *t, __u64 now)
{
	t->prev_ns = t->last_ns;
	t->last_ns = now;
}

/* Data of a connection: notes that the source was at the real MX, and whether by a walk. */
static __always_inline void verified_visit(struct nolist_verified *r,
					   const struct nolist_source *src, __u64 now)
{
	const struct nolist_contacts *c;

	if (verified_is_apart(&r->visit, now))
		verified_again(&r->visit, now);
	if (!verified_is_apart(&r->walk, now))
		return;
	c = bpf_map_lookup_elem(&nolist_contacts, src);
	if (!c || !c->low.last_ns ||
	    (now > c->low.last_ns && now - c->low.last_ns > NOLIST_WALK_NS))
		return;
	verified_again(&r->walk, now);
	r->walks++;
}

/*
 * Notes data to the real MX. The kernel is asked once for a connection, and again after an
 * hour. For a source with several connections at a time it is asked more often, and one of
 * them may count twice. True: these are the first data of the source.
 */
__noinline int verified_data(struct xdp_md *ctx, struct nolist_stats *st, const struct flow *f)
{
	__u64 now = clock_ns();
	struct nolist_source src;
	struct nolist_verified *r;
	bool is_first;

	if (!st || !f)
		return 0;
	src.addr = f->saddr;
	/* An IPv6 host may choose among 2^64 addresses: its /64 is the source. */
	if (f->is_ip6)
		src.addr.q[1] = 0;
	r = bpf_map_lookup_elem(&nolist_verified, &src);
	if (r && r->real_port == f->sport && now - r->real_last_ns < NOLIST_HOUR_NS)
		return 0;
	if (!verified_established(ctx, f))
		return 0;
	if (!r)
		r = verified_new(st, &src, now);
	if (!r)
		return 0;
	filter_note(filter_hash(&f->saddr, f->is_ip6), now);
	filter_note(filter_hash_network(nolist_network(f->saddr.q[0], f->saddr.q[1])), now);
	is_first = !r->real_first_ns;
	if (is_first)
		r->real_first_ns = now;
	r->real_last_ns = now;
	r->real_port = f->sport;
	__sync_fetch_and_add(&r->real_data, 1);
	verified_visit(r, &src, now);
	if (!contact_is_test(src.addr.q[0], src.addr.q[1]))
		contact_real_hour(st, &src)->data++;
	return is_first;
}

/* The record of this hour; it replaces the oldest of NOLIST_HOURS. is_counted: in r->hours. */
static __always_inline struct nolist_hour *verified_hour(struct nolist_verified *r, bool is_counted)
{
	__u32 hour = clock_hour();
	struct nolist_hour *h = &r->hour[hour % NOLIST_HOURS];

	if (h->hour != hour) {
		__builtin_memset(h, 0, sizeof(*h));
		h->hour = hour;
		if (is_counted)
			r->hours++;
	}
	return h;
}

/*
 * Writes only if the event happened: adding 0 could undo what another CPU adds, and a
 * lost QUIT would count against the source. Stops at the largest value.
 */
static __always_inline void verified_count(__u16 *count, bool is_so)
{
	if (is_so && *count < 0xffff)
		(*count)++;
}

#define VERIFIED_RARE                                                                              \
	(HIGH_CLOSED | HIGH_EARLY_TALKER | HIGH_PIPELINED | HIGH_NOT_SMTP | HIGH_STARTTLS |        \
	 HIGH_ELSEWHERE)

static __always_inline void verified_events(struct nolist_hour *h, __u32 events)
{
	if (events & HIGH_TEMPFAILED)
		verified_count(events & HIGH_STRONG ? &h->n[NOLIST_EVENT_TEMPFAILED] :
						    &h->n[NOLIST_EVENT_TEMPFAILED_WEAK],
			     true);
	verified_count(&h->n[NOLIST_EVENT_GREETED_WEAK], events & HIGH_WEAK);
	verified_count(&h->n[NOLIST_EVENT_QUIT], events & HIGH_QUIT);
	if (!(events & VERIFIED_RARE))
		return;
	verified_count(&h->n[NOLIST_EVENT_CLOSED], events & HIGH_CLOSED);
	verified_count(&h->n[NOLIST_EVENT_EARLY_TALKER], events & HIGH_EARLY_TALKER);
	verified_count(&h->n[NOLIST_EVENT_PIPELINED], events & HIGH_PIPELINED);
	verified_count(&h->n[NOLIST_EVENT_NOT_SMTP], events & HIGH_NOT_SMTP);
	verified_count(&h->n[NOLIST_EVENT_STARTTLS], events & HIGH_STARTTLS);
	verified_count(&h->n[NOLIST_EVENT_ELSEWHERE], events & HIGH_ELSEWHERE);
}

static __always_inline void verified_bad_ack(struct nolist_stats *st,
					     const struct nolist_source *src)
{
	__u32 hour = clock_hour();
	struct nolist_bad_acks *b = &st->bad_acks[hour % NOLIST_HOURS];
	struct nolist_verified *r = bpf_map_lookup_elem(&nolist_verified, src);

	if (b->hour != hour) {
		b->hour = hour;
		b->count = 0;
	}
	b->count++;
	if (r)
		__sync_fetch_and_add(&r->bad_acks, 1);
}

/* What a tenant's customer may ask for. */
static __always_inline void verified_count_tenant(__u32 tenant, __u32 events)
{
	struct nolist_tenanted *t = bpf_map_lookup_elem(&nolist_tenanted, &tenant);

	if (!t)
		return;
	t->tempfailed += !!(events & HIGH_TEMPFAILED);
	t->elsewhere += !!(events & HIGH_ELSEWHERE);
	t->quit += !!(events & HIGH_QUIT);
}

/*
 * At a tenant's high fake a tempfail is no offence: its real MX is not ours, so nothing that would
 * excuse the source is seen here. The events that are left; a QUIT excuses as ever.
 */
static __always_inline __u32 verified_tenant(struct nolist_hour *h, __u32 events, __u32 tenant)
{
	if (events & HIGH_TEMPFAILED && h->n[NOLIST_EVENT_TENANT] < tenant)
		h->n[NOLIST_EVENT_TENANT] = tenant;
	return events & ~(HIGH_TEMPFAILED | HIGH_WEAK);
}

/*
 * Of a dialogue with a listed source at the real MX: it is no offence, and half of a walk. It is
 * counted when its mail is tempfailed, or where only an exact number verifies it, at its
 * greeting. True: it was.
 */
static __always_inline bool verified_held(struct nolist_verified *r, const struct nolist_source *src,
					  __u32 events, __u64 now)
{
	if (!(events & HIGH_TEMPFAILED && events & HIGH_STRONG) && !(events & HIGH_WEAK))
		return false;
	verified_count(&verified_hour(r, false)->n[NOLIST_EVENT_HELD], true);
	verified_visit(r, src, now);
	return true;
}

/*
 * Notes the events of a segment in a dialogue. A new record needs a verified segment: by
 * timestamps, or by a greeting at the one exact sequence number. q0 and q1 are the two halves
 * of the source. tenant: whose high fake it is; 0: ours. True: this is the first dialogue of the
 * source.
 */
static __always_inline int verified_dialogue_here(struct nolist_stats *st, __u64 q0, __u64 q1,
						  __u32 events, __u32 tenant)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	__u64 now = clock_ns();
	bool is_first;
	struct nolist_verified *r;
	struct nolist_hour *h;

	if (!st)
		return 0;
	if (events & HIGH_BAD_ACK) {
		verified_bad_ack(st, src);
		return 0;
	}
	if (events & HIGH_ELSEWHERE && !tenant)
		st->elsewhere++;
	r = bpf_map_lookup_elem(&nolist_verified, src);
	if (!r) {
		if (!(events & (HIGH_STRONG | HIGH_WEAK)))
			return 0;
		r = verified_new(st, src, now);
		if (!r)
			return 0;
	}
	if (events & HIGH_HELD)
		return verified_held(r, src, events, now);
	is_first = !r->high_first_ns;
	if (is_first || events & HIGH_TEMPFAILED)
		filter_note(filter_hash(&src->addr, q0), now);
	h = verified_hour(r, true);
	if (is_first)
		r->high_first_ns = now;
	r->high_last_ns = now;
	if (tenant)
		events = verified_tenant(h, events, tenant);
	verified_events(h, events);
	return is_first;
}

/* A function of its own for the verifier. */
__noinline int verified_dialogue(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 events)
{
	__u32 tenant = events >> HIGH_TENANT_SHIFT & NOLIST_TENANTS_MAX;

	if (tenant)
		verified_count_tenant(tenant, events);
	return verified_dialogue_here(st, q0, q1, events & ((1 << HIGH_TENANT_SHIFT) - 1), tenant);
}

#endif
