/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map, one sentence each. Their layouts are in abi.h. Nothing here is
 * pinned by name: the loader pins in its own directory, and `ip link` pins
 * nothing.
 */
#ifndef NOLIST_MAPS_H
#define NOLIST_MAPS_H

/* Capacity of each table in sources, unless the loader sets another one. */
#define CONTACTS_DEFAULT 262144
#define VERIFIED_DEFAULT 262144

struct conf_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	/* By size: clang 14 leaves only a forward declaration of the type in BTF. */
	__uint(value_size, sizeof(struct nolist_config));
};

/* The configuration in force: empty, or one inner array, replaced as a whole. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct conf_inner);
} nolist_conf SEC(".maps");

struct domain_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP); /* a table may have any number of lines */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct nolist_domain_line));
};

/* Hashes of the domains that mail is for us in: the configuration names the place in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, NOLIST_DOMAIN_PLACES);
	__type(key, __u32);
	__array(values, struct domain_inner);
} nolist_domains SEC(".maps");

struct block_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NOLIST_BLOCK_FIRST);
	/* Any number of lines; mapped by user space, which also makes lines begin a cache line. */
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct nolist_block_line));
};

/* The table of sources that are listed at the real MX: empty, or one inner array. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct block_inner);
} nolist_block SEC(".maps");

/* What these are told. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct conf_inner);
} nolist_said SEC(".maps");

struct low_pass_inner {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, NOLIST_LOW_PASS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct nolist_low_key));
	__uint(value_size, sizeof(__u32));
};

/* Networks that pass at a low fake's address: empty, or one inner trie. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct low_pass_inner);
} nolist_low_pass SEC(".maps");

struct tenants_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP); /* any number of tenants */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct nolist_config));
};

/* The tenants' configurations: a slot's role says which one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, NOLIST_TENANTS_PLACES);
	__type(key, __u32);
	__array(values, struct tenants_inner);
} nolist_tenants SEC(".maps");

/* What came to each of them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NOLIST_TENANTS_MAX + 1);
	__type(key, __u32);
	__type(value, struct nolist_tenanted);
} nolist_tenanted SEC(".maps");

/* The secret of our sequence numbers; all zero until user space has drawn one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nolist_key);
} nolist_key SEC(".maps");

/*
 * The cookie cache: hashes of dialogues that have acknowledged our number. A hash that is
 * not found here is computed, so losing one costs time only. No forged segment gets in.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NOLIST_COOKIE_PLACES);
	__type(key, __u32);
	__type(value, struct nolist_cookies);
} nolist_cookies SEC(".maps");

/* How many answers of a kind each network got in this second. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NOLIST_LIMITS);
	__type(key, __u32);
	__type(value, struct nolist_limits);
} nolist_limits SEC(".maps");

/*
 * The programs that nolist_ingress calls. The kernel empties the array when its last pin and
 * its last file descriptor are gone, even while the program is attached: the loader pins it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NOLIST_PROG_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} nolist_progs SEC(".maps");

/* Unverified contacts. A full table evicts the source that was idle longest. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONTACTS_DEFAULT);
	__type(key, struct nolist_source);
	__type(value, struct nolist_contacts);
} nolist_contacts SEC(".maps");

/*
 * Verified evidence. No forged segment gets in, so only verified sources can evict
 * the one that was idle longest. Where evidence is collected, the loader makes this a
 * plain hash: then no source is evicted before it is stored, and a new source that a
 * full table refuses is counted as lost.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VERIFIED_DEFAULT);
	__type(key, struct nolist_source);
	__type(value, struct nolist_verified);
} nolist_verified SEC(".maps");

/*
 * When networks were at a low fake, and when they tried the real MX first. User space maps it, to
 * read it without a system call.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NOLIST_STAMP_LINES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct nolist_stamps);
} nolist_stamps SEC(".maps");

/* Counters of all frames, and of each MX address. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nolist_stats);
} nolist_stats SEC(".maps");

/* Which tables these are; only user space writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nolist_meta);
} nolist_meta SEC(".maps");

#endif
