// SPDX-License-Identifier: GPL-2.0-only
/* frame.h: layers, lengths and checksums of a frame. */
#include "selftests/lib/frame.h"


void *frame_add(struct frame *f, const void *bytes, size_t n)
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

void frame_put16(unsigned char *at, unsigned int v)
{
	at[0] = v >> 8;
	at[1] = v;
}

/* --- checksums, RFC 1071 ------------------------------------------------- */

uint32_t frame_sum(const void *bytes, size_t n, uint32_t sum)
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

uint32_t frame_pseudo_sum(const void *l3, unsigned int proto, size_t len)
{
	const unsigned char *p = l3;
	unsigned char tail[8] = { len >> 24, len >> 16, len >> 8, len, 0, 0, 0, proto };
	uint32_t sum = frame_sum(tail, sizeof(tail), 0);

	return p[0] >> 4 == 6 ? frame_sum(p + 8, 32, sum) : frame_sum(p + 12, 8, sum);
}

/* --- headers of a frame -------------------------------------------------- */

struct iphdr *frame_ip4h(struct frame *f)
{
	return (struct iphdr *)(f->b + f->l3);
}

struct ipv6hdr *frame_ip6h(struct frame *f)
{
	return (struct ipv6hdr *)(f->b + f->l3);
}

struct tcphdr *frame_tcph(struct frame *f)
{
	return (struct tcphdr *)(f->b + f->l4);
}

int frame_is_ip6(const struct frame *f)
{
	return f->l3 && f->b[f->l3] >> 4 == 6;
}

/* --- building ------------------------------------------------------------ */

void frame_start(struct frame *f, const void *dst_mac, const void *src_mac)
{
	memset(f, 0, offsetof(struct frame, b));
	frame_add(f, dst_mac, ETH_ALEN);
	frame_add(f, src_mac, ETH_ALEN);
	f->type_at = f->len;
	frame_add(f, NULL, 2);
}

void frame_type(struct frame *f, unsigned int type)
{
	frame_put16(f->b + f->type_at, type);
}

void frame_vlan(struct frame *f, unsigned int tpid, unsigned int tci)
{
	frame_type(f, tpid);
	frame_put16(frame_add(f, NULL, 2), tci);
	f->type_at = f->len;
	frame_add(f, NULL, 2);
}

void frame_ip4_raw(struct frame *f, const void *src, const void *dst)
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

void frame_ip6_raw(struct frame *f, const void *src, const void *dst)
{
	struct ipv6hdr h = { .version = 6, .hop_limit = 64, .nexthdr = IPPROTO_TCP };

	memcpy(&h.saddr, src, 16);
	memcpy(&h.daddr, dst, 16);
	frame_type(f, ETH_P_IPV6);
	f->l3 = f->len;
	f->next_at = f->len + offsetof(struct ipv6hdr, nexthdr);
	frame_add(f, &h, sizeof(h));
}

void frame_addr(int family, const char *text, void *addr)
{
	if (inet_pton(family, text, addr) != 1) {
		fprintf(stderr, "frame.h: not an address: %s\n", text);
		abort();
	}
}

void frame_ip4(struct frame *f, const char *src, const char *dst)
{
	unsigned char s[4], d[4];

	frame_addr(AF_INET, src, s);
	frame_addr(AF_INET, dst, d);
	frame_ip4_raw(f, s, d);
}

void frame_ip6(struct frame *f, const char *src, const char *dst)
{
	unsigned char s[16], d[16];

	frame_addr(AF_INET6, src, s);
	frame_addr(AF_INET6, dst, d);
	frame_ip6_raw(f, s, d);
}

void frame_ip4_options(struct frame *f, const void *bytes, size_t n)
{
	frame_add(f, bytes, n);
	frame_add(f, NULL, -n & 3);
	frame_ip4h(f)->ihl = (f->len - f->l3) / 4;
}

void frame_ip6_ext(struct frame *f, unsigned int type, const void *body, size_t n)
{
	unsigned char *h = frame_add(f, NULL, 2);

	h[0] = f->b[f->next_at];
	h[1] = (n + 2 + 7) / 8 - 1;
	f->b[f->next_at] = type;
	f->next_at = h - f->b;
	frame_add(f, body, n);
	frame_add(f, NULL, -(n + 2) & 7);
}

void frame_ip6_frag(struct frame *f, uint32_t id, unsigned int offset, int more)
{
	unsigned char body[6] = { offset >> 8, (offset & 0xf8) | !!more };

	id = htonl(id);
	memcpy(body + 2, &id, 4);
	frame_ip6_ext(f, 44, body, sizeof(body));
	f->b[f->next_at + 1] = 0; /* reserved here, no length */
}

void frame_tcp(struct frame *f, unsigned int sport, unsigned int dport, uint32_t seq, uint32_t ack,
	       unsigned int flags)
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

void frame_tcp_options(struct frame *f, const void *bytes, size_t n)
{
	frame_add(f, bytes, n);
	frame_add(f, NULL, -n & 3);
	f->opt_end = f->len;
	frame_tcph(f)->doff = (f->len - f->l4) / 4;
}

void frame_data(struct frame *f, const void *bytes, size_t n)
{
	frame_add(f, bytes, n);
}

/* --- finishing ----------------------------------------------------------- */

void frame_ip4_sum(struct frame *f)
{
	struct iphdr *h = frame_ip4h(f);

	h->check = 0;
	h->check = htons(0xffff & ~frame_sum(h, h->ihl * 4, 0));
}

void frame_tcp_sum(struct frame *f)
{
	size_t n = f->len - f->l4;
	struct tcphdr *h = frame_tcph(f);

	h->check = 0;
	h->check = htons(0xffff & ~frame_sum(h, n, frame_pseudo_sum(f->b + f->l3, IPPROTO_TCP, n)));
}

void frame_tcp_partial(struct frame *f)
{
	frame_tcph(f)->check =
		htons(frame_pseudo_sum(f->b + f->l3, IPPROTO_TCP, f->len - f->l4));
}

void frame_ip_len(struct frame *f)
{
	if (frame_is_ip6(f))
		frame_ip6h(f)->payload_len = htons(f->len - f->l3 - sizeof(struct ipv6hdr));
	else
		frame_ip4h(f)->tot_len = htons(f->len - f->l3);
}

void frame_finish(struct frame *f)
{
	if (!f->l3)
		return;
	frame_ip_len(f);
	if (!frame_is_ip6(f))
		frame_ip4_sum(f);
	if (f->l4)
		frame_tcp_sum(f);
}

void frame_pad(struct frame *f, size_t to, int byte)
{
	size_t at = f->len;

	if (to > at) {
		frame_add(f, NULL, to - at);
		memset(f->b + at, byte, to - at);
	}
}

/* --- looking ------------------------------------------------------------- */

void frame_dump(FILE *to, const char *what, const void *bytes, size_t n)
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
