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

static inline void *frame_add(struct frame *f, const void *bytes, size_t n)
{
	unsigned char *at = f->b + f->len;

	if (f->len + n > sizeof(f->b)) {
		fprintf(stderr, "frame.h: a frame of over %d bytes\n", FRAME_MAX);
		abort();
	}
	if (bytes)
		memcpy(at, bytes, n);
	else
		memset(at, 0, n);
	f->len += n;
	return at;
}

static inline void frame_put16(unsigned char *at, unsigned int v)
{
	at[0] = v >> 8;
	at[1] = v;
}

/* --- checksums, RFC 1071 ------------------------------------------------- */

static inline uint32_t frame_sum(const void *bytes, size_t n, uint32_t sum)
{
	const unsigned char *p = bytes;

	for (; n > 1; p += 2, n -= 2)
		sum += p[0] << 8 | p[1];
	if (n)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The sum of the pseudo-header of what follows an IP header that is valid so far. */
static inline uint32_t frame_pseudo_sum(const void *l3, unsigned int proto, size_t len)
{
	const unsigned char *p = l3;
	unsigned char tail[8] = { len >> 24, len >> 16, len >> 8, len, 0, 0, 0, proto };
	uint32_t sum = frame_sum(tail, sizeof(tail), 0);

	return p[0] >> 4 == 6 ? frame_sum(p + 8, 32, sum) : frame_sum(p + 12, 8, sum);
}

/* --- headers of a frame -------------------------------------------------- */

static inline struct iphdr *frame_ip4h(struct frame *f)
{
	return (struct iphdr *)(f->b + f->l3);
}

static inline struct ipv6hdr *frame_ip6h(struct frame *f)
{
	return (struct ipv6hdr *)(f->b + f->l3);
}

static inline struct tcphdr *frame_tcph(struct frame *f)
{
	return (struct tcphdr *)(f->b + f->l4);
}

static inline int frame_is_ip6(const struct frame *f)
{
	return f->l3 && f->b[f->l3] >> 4 == 6;
}

/* --- building ------------------------------------------------------------ */

static inline void frame_start(struct frame *f, const void *dst_mac, const void *src_mac)
{
	memset(f, 0, offsetof(struct frame, b));
	frame_add(f, dst_mac, ETH_ALEN);
	frame_add(f, src_mac, ETH_ALEN);
	f->type_at = f->len;
	frame_add(f, NULL, 2);
}

static inline void frame_type(struct frame *f, unsigned int type)
{
	frame_put16(f->b + f->type_at, type);
}

static inline void frame_vlan(struct frame *f, unsigned int tpid, unsigned int tci)
{
	frame_type(f, tpid);
	frame_put16(frame_add(f, NULL, 2), tci);
	f->type_at = f->len;
	frame_add(f, NULL, 2);
}

/* Addresses as bytes in the wire's order. */
static inline void frame_ip4_raw(struct frame *f, const void *src, const void *dst)
{
	struct iphdr h = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP };

	h.frag_off = htons(0x4000); /* don't fragment */
	memcpy(&h.saddr, src, 4);
	memcpy(&h.daddr, dst, 4);
	frame_type(f, ETH_P_IP);
	f->l3 = f->len;
	f->next_at = f->len + offsetof(struct iphdr, protocol);
	frame_add(f, &h, sizeof(h));
}

static inline void frame_ip6_raw(struct frame *f, const void *src, const void *dst)
{
	struct ipv6hdr h = { .version = 6, .hop_limit = 64, .nexthdr = IPPROTO_TCP };

	memcpy(&h.saddr, src, 16);
	memcpy(&h.daddr, dst, 16);
	frame_type(f, ETH_P_IPV6);
	f->l3 = f->len;
	f->next_at = f->len + offsetof(struct ipv6hdr, nexthdr);
	frame_add(f, &h, sizeof(h));
}

static inline void frame_addr(int family, const char *text, void *addr)
{
	if (inet_pton(family, text, addr) != 1) {
		fprintf(stderr, "frame.h: not an address: %s\n", text);
		abort();
	}
}

static inline void frame_ip4(struct frame *f, const char *src, const char *dst)
{
	unsigned char s[4], d[4];

	frame_addr(AF_INET, src, s);
	frame_addr(AF_INET, dst, d);
	frame_ip4_raw(f, s, d);
}

static inline void frame_ip6(struct frame *f, const char *src, const char *dst)
{
	unsigned char s[16], d[16];

	frame_addr(AF_INET6, src, s);
	frame_addr(AF_INET6, dst, d);
	frame_ip6_raw(f, s, d);
}

/* Straight after frame_ip4(); filled up with zeros, "end of options", to words. */
static inline void frame_ip4_options(struct frame *f, const void *bytes, size_t n)
{
	frame_add(f, bytes, n);
	frame_add(f, NULL, -n & 3);
	frame_ip4h(f)->ihl = (f->len - f->l3) / 4;
}

/*
 * One extension header of any type: its first two bytes are filled in here, the
 * body is filled up with zeros (Pad1 options) to a multiple of eight bytes.
 */
static inline void frame_ip6_ext(struct frame *f, unsigned int type, const void *body, size_t n)
{
	unsigned char *h = frame_add(f, NULL, 2);

	h[0] = f->b[f->next_at];
	h[1] = (n + 2 + 7) / 8 - 1;
	f->b[f->next_at] = type;
	f->next_at = h - f->b;
	frame_add(f, body, n);
	frame_add(f, NULL, -(n + 2) & 7);
}

/* Offset in bytes, a multiple of eight; an atomic fragment has offset 0 and no more. */
static inline void frame_ip6_frag(struct frame *f, uint32_t id, unsigned int offset, int more)
{
	unsigned char body[6] = { offset >> 8, (offset & 0xf8) | !!more };

	id = htonl(id);
	memcpy(body + 2, &id, 4);
	frame_ip6_ext(f, 44, body, sizeof(body));
	f->b[f->next_at + 1] = 0; /* reserved here, no length */
}

static inline void frame_tcp(struct frame *f, unsigned int sport, unsigned int dport,
			     uint32_t seq, uint32_t ack, unsigned int flags)
{
	struct tcphdr h = { .doff = 5 };

	h.source = htons(sport);
	h.dest = htons(dport);
	h.seq = htonl(seq);
	h.ack_seq = htonl(ack);
	h.window = htons(65535);
	((unsigned char *)&h)[13] = flags;
	f->l4 = f->len;
	frame_add(f, &h, sizeof(h));
	f->opt_end = f->len;
}

/* Straight after frame_tcp(); filled up with zeros, "end of options", to words. */
static inline void frame_tcp_options(struct frame *f, const void *bytes, size_t n)
{
	frame_add(f, bytes, n);
	frame_add(f, NULL, -n & 3);
	f->opt_end = f->len;
	frame_tcph(f)->doff = (f->len - f->l4) / 4;
}

static inline void frame_data(struct frame *f, const void *bytes, size_t n)
{
	frame_add(f, bytes, n);
}

/* --- finishing ----------------------------------------------------------- */

static inline void frame_ip4_sum(struct frame *f)
{
	struct iphdr *h = frame_ip4h(f);

	h->check = 0;
	h->check = htons(0xffff & ~frame_sum(h, h->ihl * 4, 0));
}

/* Over all that follows in the frame. */
static inline void frame_tcp_sum(struct frame *f)
{
	size_t n = f->len - f->l4;
	struct tcphdr *h = frame_tcph(f);

	h->check = 0;
	h->check = htons(0xffff & ~frame_sum(h, n, frame_pseudo_sum(f->b + f->l3, IPPROTO_TCP, n)));
}

/* As CHECKSUM_PARTIAL has it: the sum of the pseudo-header alone, not inverted. */
static inline void frame_tcp_partial(struct frame *f)
{
	frame_tcph(f)->check =
		htons(frame_pseudo_sum(f->b + f->l3, IPPROTO_TCP, f->len - f->l4));
}

static inline void frame_ip_len(struct frame *f)
{
	if (frame_is_ip6(f))
		frame_ip6h(f)->payload_len = htons(f->len - f->l3 - sizeof(struct ipv6hdr));
	else
		frame_ip4h(f)->tot_len = htons(f->len - f->l3);
}

static inline void frame_finish(struct frame *f)
{
	if (!f->l3)
		return;
	frame_ip_len(f);
	if (!frame_is_ip6(f))
		frame_ip4_sum(f);
	if (f->l4)
		frame_tcp_sum(f);
}

/* Ethernet's trailing padding, no part of any packet; call it last. */
static inline void frame_pad(struct frame *f, size_t to, int byte)
{
	size_t at = f->len;

	if (to > at) {
		frame_add(f, NULL, to - at);
		memset(f->b + at, byte, to - at);
	}
}

/* --- looking ------------------------------------------------------------- */

/* As TAP comments. */
static inline void frame_dump(FILE *to, const char *what, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	fprintf(to, "# %s, %zu bytes", what, n);
	for (i = 0; i < n; i++) {
		if (i % 16 == 0)
			fprintf(to, "\n#   %04zx:", i);
		fprintf(to, " %02x", p[i]);
	}
	fprintf(to, "\n");
}

#endif
