/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internet checksums (RFC 1071) as a tool for the other rooms. Sums are of 64 bits and
 * folded at the end; words are loaded in network byte order, since the sum does not depend
 * on the order (RFC 1071 2).
 */
#ifndef NOLIST_CSUM_H
#define NOLIST_CSUM_H

#define CSUM_MAX 1536 /* longest TCP segment that is summed */

/*
 * Folds a sum of less than 2^16 words of 32 bits to 16 bits. A range with a right
 * checksum gives 0xffff.
 */
static __always_inline __u32 csum_fold32(__u64 sum)
{
	/* At most 2^32 + 2^16 - 2; then 2^17 - 2, which a last step brings into 16 bits. */
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/*
 * Is the checksum of a range with this sum right: does it fold to 0xffff? It does if
 * 2^16 - 1 divides the sum, and an odd number divides if the product with its inverse
 * is no more than the largest quotient. No range here has a sum of 0.
 */
static __always_inline bool csum_is_right(__u64 sum)
{
	return sum * 0xfffefffefffeffffull <= 0x0001000100010001ull;
}

/* The field's value for a sum over everything else (RFC 9293 3.1). */
static __always_inline __u16 csum_field(__u64 sum)
{
	return ~csum_fold32(sum);
}

#endif
