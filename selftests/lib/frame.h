/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds Ethernet frames for the tests, layer by layer in the order of the
 * wire, right by default:
 *
 *	struct frame f;
 *
 *	frame_start(&f, dst_mac, src_mac);
 *	frame_vlan(&f, ETH_P_8021Q, 5);                 as often as wanted
 *	frame_ip4(&f, "192.0.2.1", "192.0.2.10");       or frame_ip6()
 *	frame_tcp(&f, 1024, 25, seq, ack, FRAME_SYN);
 *	frame_tcp_options(&f, bytes, n);
 *	frame_data(&f, bytes, n);
 *	frame_finish(&f);                               lengths and checksums
 *
 * What shall be wrong is made wrong afterwards, through frame_ip4h() and its
 * like or by setting f.len, and the sums that shall be right again are redone
 * by frame_ip4_sum() and frame_tcp_sum(). Nothing here knows the code under
 * test. Too long a frame ends the program: a test's mistake, not a result.
 */
#ifndef NOLIST_FRAME_H
#define NOLIST_FRAME_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 9216

#define FRAME_FIN 0x01
#define FRAME_SYN 0x02
#define FRAME_RST 0x04
#define FRAME_PSH 0x08
#define FRAME_ACK 0x10
#define FRAME_URG 0x20
#define FRAME_ECE 0x40
#define FRAME_CWR 0x80

struct frame {
	size_t len;     /* bytes in b[] */
	size_t type_at; /* where the innermost Ethernet type stands */
	size_t next_at; /* where the next IPv6 header's type stands, or IPv4's protocol */
	size_t l3;      /* where the IP header begins; 0: no IP yet */
	size_t l4;      /* where TCP begins; 0: no TCP yet */
	size_t opt_end; /* where TCP's options end */
	unsigned char lead[2]; /* puts the IP header on a multiple of four */
	unsigned char b[FRAME_MAX];
} __attribute__((aligned(8)));
_Static_assert((offsetof(struct frame, b) + ETH_HLEN) % 4 == 0, "headers are read as words");

void *frame_add(struct frame *f, const void *bytes, size_t n);
void frame_put16(unsigned char *at, unsigned int v);

/* --- checksums, RFC 1071 ------------------------------------------------- */

uint32_t frame_sum(const void *bytes, size_t n, uint32_t sum);

/* The sum of the pseudo-header of what follows an IP header that is valid so far. */
uint32_t frame_pseudo_sum(const void *l3, unsigned int proto, size_t len);

/* --- headers of a frame -------------------------------------------------- */

struct iphdr *frame_ip4h(struct frame *f);
struct ipv6hdr *frame_ip6h(struct frame *f);
struct tcphdr *frame_tcph(struct frame *f);
int frame_is_ip6(const struct frame *f);

/* --- building ------------------------------------------------------------ */

void frame_start(struct frame *f, const void *dst_mac, const void *src_mac);
void frame_type(struct frame *f, unsigned int type);
void frame_vlan(struct frame *f, unsigned int tpid, unsigned int tci);

/* Addresses as bytes in the wire's order. */
void frame_ip4_raw(struct frame *f, const void *src, const void *dst);
void frame_ip6_raw(struct frame *f, const void *src, const void *dst);
void frame_addr(int family, const char *text, void *addr);
void frame_ip4(struct frame *f, const char *src, const char *dst);
void frame_ip6(struct frame *f, const char *src, const char *dst);

/* Straight after frame_ip4(); filled up with zeros, "end of options", to words. */
void frame_ip4_options(struct frame *f, const void *bytes, size_t n);

/*
 * One extension header of any type: its first two bytes are filled in here, the
 * body is filled up with zeros (Pad1 options) to a multiple of eight bytes.
 */
void frame_ip6_ext(struct frame *f, unsigned int type, const void *body, size_t n);

/* Offset in bytes, a multiple of eight; an atomic fragment has offset 0 and no more. */
void frame_ip6_frag(struct frame *f, uint32_t id, unsigned int offset, int more);
void frame_tcp(struct frame *f, unsigned int sport, unsigned int dport, uint32_t seq, uint32_t ack,
	       unsigned int flags);

/* Straight after frame_tcp(); filled up with zeros, "end of options", to words. */
void frame_tcp_options(struct frame *f, const void *bytes, size_t n);
void frame_data(struct frame *f, const void *bytes, size_t n);

/* --- finishing ----------------------------------------------------------- */

void frame_ip4_sum(struct frame *f);

/* Over all that follows in the frame. */
void frame_tcp_sum(struct frame *f);

/* As CHECKSUM_PARTIAL has it: the sum of the pseudo-header alone, not inverted. */
void frame_tcp_partial(struct frame *f);
void frame_ip_len(struct frame *f);
void frame_finish(struct frame *f);

/* Ethernet's trailing padding, no part of any packet; call it last. */
void frame_pad(struct frame *f, size_t to, int byte);

/* --- looking ------------------------------------------------------------- */

/* As TAP comments. */
void frame_dump(FILE *to, const char *what, const void *bytes, size_t n);

#endif
