/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of room 6: who opened connections to which role. A SYN's source may be forged, so
 * these contacts are unverified, and only so many are noted in a second.
 */
#ifndef NOLIST_CONTACTS_H
#define NOLIST_CONTACTS_H

/* This hour's connections to the real MX. Only IPv4 is below ::/64. */
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
 * Not an atomic addition, which costs a fourth of a SYN to a low fake: where two CPUs count
 * a source at once, one of them may be lost, and no verdict asks for more than "any".
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
	/* Another CPU was faster, or there is no room. */
	other = bpf_map_lookup_elem(&nolist_contacts, src);
	if (other)
		contact_note(contact_role(other, role), now);
	else
		st->contacts_lost++;
}

enum contact_admission {
	CONTACT_LIMITED,
	CONTACT_NOTED,
	CONTACT_KNOWN, /* if its source is known indeed */
};

/* Is there anything left to note a claim with? See NOLIST_CONTACTS_NEW. */
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
 * A segment that opens a connection: a claim, since its source may be forged. A
 * function of its own, as those below, so that what is limited does not pay for it.
 * Linux 6.1 takes no key of a map from an argument that points to it.
 */
__noinline int contact_open(struct nolist_stats *st, __u64 q0, __u64 q1, __u32 role, __u32 admission)
{
	struct nolist_source source = { .addr.q = { q0, q1 } }, *src = &source;
	struct nolist_verified *r = NULL;
	__u64 now = clock_again();
	struct nolist_contacts *c;

	if (!st)
		return 0;
	if (role == NOLIST_REAL || admission == CONTACT_KNOWN)
		r = bpf_map_lookup_elem(&nolist_verified, src);
	if (admission == CONTACT_KNOWN && !r) {
		st->contacts_limited[role & 3]++;
		return 0;
	}
	if (role == NOLIST_REAL && r && r->real_first_ns)
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

/* Who has verified something has opened a connection: if that was limited, it is noted after all. */
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

/* A claim, if there is anything left to note it with. */
static __always_inline void contact_syn(struct nolist_stats *st, const struct pkt *p, __u64 now)
{
	enum contact_admission admission = contact_admission(st, p, now);

	if (admission != CONTACT_LIMITED)
		contact_open(st, p->saddr.q[0], p->is_ip6 ? 0 : p->saddr.q[1], p->role, admission);
}

#endif
