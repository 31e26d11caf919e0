/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of room 6: notes which source opened a connection to which role. The source of a
 * SYN may be forged, so these contacts are unverified, and their number is rate-limited.
 */
#ifndef NOLIST_CONTACTS_H
#define NOLIST_CONTACTS_H

/* This hour's connections to the real MX, by family: only IPv4 is in ::/64. */
static __always_inline struct nolist_real *
contact_real_hour(struct nolist_stats *st, const struct nolist_source *src)
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

/*
 * Is it a source of tests, which say nothing of the real MX's health? Asked once for a
 * connection, and only of verified sources.
 */
static __always_inline bool contact_is_test(__u64 q0, __u64 q1)
{
	const struct nolist_config *conf = match_config();

	return conf && nolist_is_test(conf->test, q0, q1);
}

/*
 * Not an atomic addition, which costs a quarter of a SYN to a low fake. When two CPUs count a
 * source at once, one count may be lost; no verdict needs more than "none or some".
 */
static __always_inline void contact_note(struct nolist_contact *c, __u64 now)
{
	if (!c->first_ns)
		c->first_ns = now;
	c->last_ns = now;
	c->opens++;
}

static __always_inline struct nolist_contact *contact_role(struct nolist_contacts *c, __u32 role)
{
	return role == NOLIST_LOW ? &c->low : role == NOLIST_REAL ? &c->real : &c->high;
}

/* A new record of contacts. */
static __always_inline void contact_add(struct nolist_stats *st, const struct nolist_source *src,
					__u32 role, __u64 now)
{
	struct nolist_contacts c = {}, *other;

	contact_note(contact_role(&c, role), now);
	if (!bpf_map_update_elem(&nolist_contacts, src, &c, BPF_NOEXIST)) {
		st->contacts_new++;
		return;
	}
	/* Another CPU was faster, or the table is full. */
	other = bpf_map_lookup_elem(&nolist_contacts, src);
	if (other)
		contact_note(contact_role(other, role), now);
	else
		st->contacts_lost++;
}

enum contact_admission {
	CONTACT_LIMITED,
	CONTACT_NOTED,
	CONTACT_KNOWN, /* noted, if its source is in nolist_verified indeed */
	CONTACT_REFUSED = 4, /* bit: we refuse the connection, which says nothing of the real MX's health */
};

/* May one more contact be noted in this second? See NOLIST_CONTACTS_NEW. */
static __always_inline enum contact_admission contact_admission(struct nolist_stats *st,
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
	if (b->added < NOLIST_CONTACTS_NEW && b->touched < NOLIST_CONTACTS_TOUCHED) {
		b->touched++;
		return CONTACT_NOTED;
	}
	if (b->known < NOLIST_CONTACTS_VERIFIED &&
	    filter_has(filter_hash(&p->saddr, p->is_ip6), now)) {
		b->known++;
		return CONTACT_KNOWN;
	}
	st->contacts_limited[p->role & 3]++;
	return CONTACT_LIMITED;
}

/*
 * Notes a segment that opens a connection. A function of its own, as those below, so
 * that a rate-limited contact does not pay for it. q0 and q1 are the two halves of the
 * source: Linux 6.1 does not take a map's key from an argument that points to it.
 */
__noinline int contact_open(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 role,
			    __u32 admission)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	struct nolist_verified *r = NULL;
	__u64 now = clock_last.ns; /* contact_syn()'s caller has read it; no call, for the stack */
	struct nolist_contacts *c;
	bool is_refused = admission & CONTACT_REFUSED;

	if (!st)
		return 0;
	admission &= ~CONTACT_REFUSED;
	if (role == NOLIST_REAL || admission == CONTACT_KNOWN)
		r = bpf_map_lookup_elem(&nolist_verified, src);
	if (admission == CONTACT_KNOWN && !r) {
		st->contacts_limited[role & 3]++;
		return 0;
	}
	if (role == NOLIST_REAL && !is_refused && r && r->real_first_ns && !contact_is_test(q0, q1))
		contact_real_hour(st, src)->opens++;
	c = bpf_map_lookup_elem(&nolist_contacts, src);
	if (c) {
		contact_note(contact_role(c, role), now);
		return 0;
	}
	if (admission != CONTACT_KNOWN)
		st->budget[role & 3].added++;
	contact_add(st, src, role, now);
	return 0;
}

/* A verified source has opened a connection: notes it, if it was rate-limited before. */
__noinline int contact_opened(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 role)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	__u64 now = clock_again();
	struct nolist_contacts *c;

	if (!st)
		return 0;
	c = bpf_map_lookup_elem(&nolist_contacts, src);
	if (!c)
		contact_add(st, src, role, now);
	else if (!contact_role(c, role)->first_ns)
		contact_note(contact_role(c, role), now);
	return 0;
}

/* Notes the contact, if it is not rate-limited. is_refused: of the real MX, by us. */
static __always_inline void contact_syn(struct nolist_stats *st, const struct pkt *p, __u64 now,
					bool is_refused)
{
	enum contact_admission admission = contact_admission(st, p, now);

	if (admission != CONTACT_LIMITED)
		contact_open(st, p->saddr.q[0], p->is_ip6 ? 0 : p->saddr.q[1], p->role,
			     admission | (is_refused ? CONTACT_REFUSED : 0));
}

#endif
