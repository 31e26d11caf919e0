// SPDX-License-Identifier: GPL-2.0-only
/*
 * A closed port's answer is a pure function of the segment (RFC 9293 3.5.2 and
 * 3.10.7.1). Here all of its input that matters is walked, and each answer is
 * compared with the RFC's own words, written down apart from the code. Whether
 * there is an answer at all is decided before, and tested by prog/packets.
 */
#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* clang's unroll */

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include "bpf/abi.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* For the verifier only. */
#define barrier_var(var)
#include "bpf/csum.h"
#include "bpf/parse.h"
#include "bpf/decide.h"
#include "selftests/lib/tap.h"

/* RFC 9293 3.1: the bits of the header's fourteenth byte. */
enum { BIT_FIN = 1, BIT_SYN = 2, BIT_RST = 4, BIT_ACK = 16 };

struct expected {
	uint32_t seq;
	uint32_t ack;
	unsigned int flags;
};

static struct expected rfc9293(unsigned int flags, uint32_t seg_seq, uint32_t seg_ack,
			       unsigned int data)
{
	/* 3.4: "SEG.LEN = the number of octets occupied by the data in the segment
	 * (counting SYN and FIN)"; sequence numbers are modulo 2**32.
	 */
	uint64_t seg_len = data;
	struct expected e = {};

	if (flags & BIT_SYN)
		seg_len++;
	if (flags & BIT_FIN)
		seg_len++;
	if (flags & BIT_ACK) { /* <SEQ=SEG.ACK><CTL=RST> */
		e.seq = seg_ack;
		e.flags = BIT_RST;
	} else { /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
		e.ack = (seg_seq + seg_len) % (UINT64_C(1) << 32);
		e.flags = BIT_RST | BIT_ACK;
	}
	return e;
}

static bool is_answered_right(unsigned int flags, uint32_t seq, uint32_t ack, unsigned int doff,
			      unsigned int data)
{
	struct pkt p = {
		.role = NOLIST_LOW,
		.seq = htonl(seq),
		.ack = htonl(ack),
		.flags = flags,
		.doff = doff,
		.l4_len = doff + data,
	};
	struct expected e = rfc9293(flags, seq, ack, data);
	bool has_ack = flags & BIT_ACK;
	unsigned int wanted = has_ack ? NOLIST_LOW_RST : NOLIST_LOW_RST_ACK;
	struct reply r;
	unsigned int verdict;

	memset(&r, 0xa5, sizeof(r));
	verdict = decide_low(&p, &r);
	if (verdict == wanted && ntohl(r.seq) == e.seq && ntohl(r.ack) == e.ack &&
	    r.flags == e.flags)
		return true;
	tap_diag("flags %02x seq %08x ack %08x header %u data %u", flags, seq, ack, doff, data);
	tap_diag("wanted: verdict %u flags %02x seq %08x ack %08x", wanted, e.flags, e.seq, e.ack);
	tap_diag("got:    verdict %u flags %02x seq %08x ack %08x", verdict, r.flags, ntohl(r.seq),
		 ntohl(r.ack));
	return false;
}

static const uint32_t seqs[] = {
	0,	    1,		0x7ffffffe, 0x7fffffff, 0x80000000, 0x12345678,
	0xfffffa00, 0xfffffffd, 0xfffffffe, 0xffffffff,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Every flag byte, with every sequence number above and data of 0 to 1460 bytes. */
static void walk(void)
{
	unsigned int flags, data, doff, wrong = 0;
	size_t s;

	for (flags = 0; flags < 256 && wrong < 3; flags++)
		for (data = 0; data <= 1460; data += data < 8 || data > 1452 ? 1 : 11)
			for (s = 0; s < COUNT(seqs) && wrong < 3; s++) {
				doff = 20 + (data + flags) % 11 * 4;
				wrong += !is_answered_right(flags, seqs[s],
							    seqs[COUNT(seqs) - 1 - s], doff, data);
			}
	tap_ok(!wrong, "the RFC's reset to every flag byte, data length and wrap");
}

/* Worked by hand, so that a mistake in rfc9293() above does not go unseen. */
static void by_hand(void)
{
	static const struct {
		unsigned int flags, data;
		uint32_t seq, ack;
		struct expected e;
	} row[] = {
		{ BIT_SYN, 0, 100, 0, { 0, 101, 0x14 } },
		{ BIT_SYN, 0, 0xffffffff, 7, { 0, 0, 0x14 } },
		{ BIT_SYN | BIT_FIN, 10, 0xfffffff5, 7, { 0, 1, 0x14 } },
		{ BIT_SYN | BIT_ACK, 0, 100, 300, { 300, 0, 0x04 } },
		{ BIT_ACK, 1460, 100, 0, { 0, 0, 0x04 } },
		{ 0, 0, 100, 300, { 0, 100, 0x14 } },
		{ BIT_FIN | 0x28, 3, 100, 300, { 0, 104, 0x14 } },
	};
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < COUNT(row); i++) {
		struct expected e = rfc9293(row[i].flags, row[i].seq, row[i].ack, row[i].data);

		wrong += e.seq != row[i].e.seq || e.ack != row[i].e.ack ||
			 e.flags != row[i].e.flags;
		wrong += !is_answered_right(row[i].flags, row[i].seq, row[i].ack, 20,
					    row[i].data);
	}
	tap_ok(!wrong, "segments worked by hand");
}

int main(void)
{
	by_hand();
	walk();
	return tap_done();
}
