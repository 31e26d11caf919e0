/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room 2: is this for an MX of ours, and for which? Reads the configuration, which
 * is one value: a frame never sees parts of two configurations.
 */
#ifndef NOLIST_MATCH_H
#define NOLIST_MATCH_H

/*
 * The configuration in force, or NULL. A configuration on probation that was not confirmed in
 * time counts as none, even if no watchdog is left to detach the program. Without a probation
 * this costs one test of a word that shares its cache line with the seed.
 */
static __always_inline const struct nolist_config *match_config(void)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&nolist_conf, &zero);
	const struct nolist_config *conf = inner ? bpf_map_lookup_elem(inner, &zero) : NULL;

	if (conf && conf->until_ns && bpf_ktime_get_coarse_ns() > conf->until_ns)
		return NULL;
	return conf;
}

static __always_inline const struct nolist_slot *match_slot(const struct nolist_config *conf,
							    const struct nolist_addr *a)
{
	__u32 at = nolist_slot_of(a, conf->seed);
	int i;

#pragma unroll
	for (i = 0; i < NOLIST_PROBES; i++) {
		const struct nolist_slot *s = &conf->slot[(at + i) & (NOLIST_SLOTS - 1)];

		if (s->addr.q[1] == a->q[1] && s->addr.q[0] == a->q[0])
			return s;
		/* User space takes the first free place. */
		if (s->role == NOLIST_NONE)
			break;
	}
	return NULL;
}

/* Is it a port of the fakes? Nearly always there is one port, and one comparison. */
static __always_inline bool match_fakes(const struct nolist_config *conf, __be16 port)
{
	int i;

	if (conf->port[0] == port)
		return true;
	if (conf->ports < 2)
		return false;
#pragma unroll
	for (i = 1; i < NOLIST_PORT_MAX; i++)
		if (conf->port[i] == port)
			return true;
	return false;
}

/* Is it a port of any MX of ours? Nearly all unrelated traffic leaves here. */
static __always_inline bool match_port(const struct nolist_config *conf, __be16 port)
{
	return port == bpf_htons(NOLIST_SMTP_PORT) || match_fakes(conf, port);
}

static __always_inline enum nolist_verdict match_mx(const struct nolist_config *conf,
						    struct pkt *p)
{
	const struct nolist_slot *s = match_slot(conf, &p->daddr);

	if (!s)
		return NOLIST_PASS_OTHER;
	p->mx = s->mx;
	if (s->role == NOLIST_REAL && p->dport == bpf_htons(NOLIST_SMTP_PORT)) {
		p->role = NOLIST_REAL;
		return NOLIST_PASS_REAL;
	}
	p->role = NOLIST_ROLE(s->role);
	p->tenant = s->role >> NOLIST_TENANT_SHIFT;
	if ((p->role != NOLIST_LOW && p->role != NOLIST_HIGH) || !match_fakes(conf, p->dport))
		return NOLIST_PASS_OTHER;
	return NOLIST_UNDECIDED;
}

#endif
