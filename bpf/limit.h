/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the later rooms: how many answers a network gets in a second. Who forges sources
 * makes us send to others. Our answers are no longer than what they answer, and still one
 * network (an IPv4 /24, an IPv6 /64) shall not get any number of them.
 *
 * Each network has one of NOLIST_BUCKETS buckets of this CPU, which it shares. A bucket counts
 * for one network only; an answer to another one lowers the count, and takes the bucket over
 * instead of making it 0 (as in the majority vote of Boyer and Moore). So a count is never higher than the
 * network's answers: no network is limited because of others, whatever they do. And it is lower
 * by at most the others' answers in this bucket, a 2048th of all. Their places are hashed with a
 * value that is derived from the secret key and changes each second, so nobody can choose sources
 * that share the bucket of another.
 */
#ifndef NOLIST_LIMIT_H
#define NOLIST_LIMIT_H

/* Begins a second: a hash of its own. No MX has the address 0.0.0.0, so no dialogue has it. */
static __noinline int limit_begin(struct nolist_limits *l, __u32 second, __u32 kind)
{
	/* Odd: then no two networks are the same to the multiplication. */
	l->factor = cookie_hash4(second, kind + 1) | 1;
	l->second = second;
	return 0;
}

/* The network of an address, as half of an address in network byte order. */
static __always_inline __u64 limit_network(const struct pkt *p)
{
	if (p->is_ip6)
		return p->saddr.q[0];
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return p->saddr.q[1] << 8;
#else
	return p->saddr.q[1] >> 8;
#endif
}

/* Counts an answer. True: its network has had "most" in this second, so it must not be sent. */
static __always_inline bool limit_count(__u64 network, __u32 kind, __u32 most, __u64 now)
{
	__u32 second = now >> NOLIST_SECOND_SHIFT, tag;
	struct nolist_limits *l = bpf_map_lookup_elem(&nolist_limits, &kind);
	struct nolist_bucket *b;
	__u64 hash;

	if (!l)
		return false;
	if (l->second != second)
		limit_begin(l, second, kind);
	hash = network * l->factor;
	b = &l->bucket[hash >> (64 - NOLIST_BUCKET_BITS)];
	tag = hash >> (32 - NOLIST_BUCKET_BITS);
	if (b->tag == tag && b->second == (__u16)second) {
		if (b->count >= most)
			return true;
		b->count++;
	} else if (b->second == (__u16)second && b->count > 1) {
		b->count--;
	} else {
		*b = (struct nolist_bucket){ .tag = tag, .second = second, .count = 1 };
	}
	return false;
}

/* The same, as a function of its own for those who rarely need it. */
__noinline int limit_counted(__u64 network, __u32 kind, __u32 most)
{
	return limit_count(network, kind, most, clock_ns());
}

/* Must this reset not be sent? */
static __always_inline bool limit_reset(const struct nolist_config *conf, const struct pkt *p)
{
	__u32 most = conf->answers[NOLIST_LIMIT_RESET];

	return most && limit_counted(limit_network(p), NOLIST_LIMIT_RESET, most);
}

/* Must this SYN,ACK not be sent? */
static __always_inline bool limit_syn_ack(const struct nolist_config *conf, const struct pkt *p,
					  __u64 now)
{
	__u32 most = conf->answers[NOLIST_LIMIT_SYN_ACK];

	return most && limit_count(limit_network(p), NOLIST_LIMIT_SYN_ACK, most, now);
}

#endif
