/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tool of the low fake and of the gate: when a network did something last. A stamp is 4 bytes
 * at a place that a keyed hash names, so a network may find that of another: it must only ever
 * be to the good of who reads it.
 */
#ifndef NOLIST_STAMPS_H
#define NOLIST_STAMPS_H

#define STAMP_FRESH 1024 /* units, a second: a younger one is not written again */

/* The secret factor of the hash; 0: there is none, and nothing is to be stamped. */
static __always_inline __u64 stamp_factor(void)
{
	__u32 zero = 0;
	const struct nolist_stamps *line = bpf_map_lookup_elem(&nolist_stamps, &zero);

	return line ? line->head.factor : 0;
}

/* Where the stamp with this hash is; first: the first line of its part. Never NULL, in truth. */
static __always_inline __u32 *stamp_at(__u64 hash, __u32 first)
{
	__u32 at = first + nolist_stamp_line(hash);
	struct nolist_stamps *line = bpf_map_lookup_elem(&nolist_stamps, &at);

	return line ? &line->cell[nolist_stamp_cell(hash)] : NULL;
}

/*
 * Notes that the network of an address was at a low fake, if somebody wants to know. A function
 * of its own with numbers for arguments: the verifier walks it once. q0 and q1 are the address
 * in halves.
 */
__noinline int stamp_low(__u64 q0, __u64 q1)
{
	__u64 factor = stamp_factor();
	__u32 now = nolist_stamp(clock_ns()), *at;

	if (!factor)
		return 0;
	at = stamp_at(nolist_stamp_hash(nolist_network(q0, q1), factor), NOLIST_STAMPS_LOW);
	if (at && (!*at || now - *at >= STAMP_FRESH))
		*at = now;
	return 0;
}

#endif
