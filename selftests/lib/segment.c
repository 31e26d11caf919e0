// SPDX-License-Identifier: GPL-2.0-only
/* segment.h: chance, addresses, options, headers, lies, fragments. */
#define _GNU_SOURCE
#include <stdarg.h>
#include "selftests/lib/segment.h"

__attribute__((format(printf, 2, 3))) static void seg_note(struct segment *s, const char *fmt, ...)
{
	size_t n = strlen(s->what);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->what + n, sizeof(s->what) - n, fmt, ap);
	va_end(ap);
}

/* --- addresses ----------------------------------------------------------- */

static const char *seg_odd4(void)
{
	static const char *const odd[] = {
		"0.0.0.0", "0.0.0.1", "0.255.255.255", "1.0.0.0", "10.0.0.1", "100.64.0.1",
		"126.255.255.255", "127.0.0.1", "127.255.255.255", "128.0.0.0", "169.254.1.1",
		"192.168.0.1", "223.255.255.255", "224.0.0.0", "224.0.0.1", "239.255.255.255",
		"240.0.0.0", "240.0.0.1", "255.255.255.254", "255.255.255.255", WIRE_LOW4,
		WIRE_REAL4, WIRE_HIGH4, WIRE_OWN4, WIRE_NEAR4, "198.51.100.0", "198.51.100.255",
		"203.0.113.1", "192.0.0.1", "192.0.2.255",
	};

	return odd[below(sizeof(odd) / sizeof(*odd))];
}

static const char *seg_odd6(void)
{
	static const char *const odd[] = {
		"::", "::1", "::2", "::192.0.2.7", "::ffff:198.18.0.7", "::ffff:127.0.0.1",
		"::ffff:0:192.0.2.7", "64:ff9b::c612:7", "100::1", "2001::1", "2002:c612:7::1",
		"2001:db8:1::", WIRE_LOW6, WIRE_REAL6, WIRE_HIGH6, WIRE_OWN6, WIRE_NEAR6,
		"fc00::1", "fdff::1", "fe80::1", "fe80::10", "fec0::1", "ff00::", "ff01::1",
		"ff02::1", "ff02::1:ff00:10", "ff05::2", "ff0e::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "feff::1",
	};

	return odd[below(sizeof(odd) / sizeof(*odd))];
}

static void seg_addresses(struct segment *s, int six, unsigned char src[16], unsigned char dst[16])
{
	const char *odd = NULL, *to = six ? WIRE_LOW6 : WIRE_LOW4;

	if (percent(12))
		odd = six ? seg_odd6() : seg_odd4();
	if (percent(2))
		to = six ? WIRE_REAL6 : WIRE_REAL4, s->rare = 1;
	frame_addr(six ? AF_INET6 : AF_INET, to, dst);
	if (odd) {
		frame_addr(six ? AF_INET6 : AF_INET, odd, src);
		seg_note(s, " from %s", odd);
		s->rare = s->is_odd = 1;
	} else if (six) {
		rnd_bytes(src, 16);
		memcpy(src, "\x20\x01\x0d\xb8\x77", 5);
	} else {
		rnd_bytes(src, 4);
		src[0] = 198;
		src[1] = 18; /* 198.19 is the markers' */
	}
}

/* --- options ------------------------------------------------------------- */

static size_t seg_tcp_options(struct segment *s, unsigned char o[40])
{
	static const unsigned char linux_syn[] = { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4,
						   0, 0, 0, 0,   1, 3, 3, 7 };
	static const unsigned char kinds[] = { 0, 1, 1, 2, 3, 4, 5, 8, 19, 29, 30, 34, 77, 254 };
	static const unsigned char sizes[] = { 0, 0, 0, 4, 3, 2, 10, 10, 18, 16, 12, 6, 5, 6 };
	unsigned int n = 0, i, want = below(5) + 1;

	switch (below(10)) {
	case 0 ... 2:
		return 0;
	case 3 ... 4:
		memcpy(o, linux_syn, sizeof(linux_syn));
		return sizeof(linux_syn);
	case 5:
		seg_note(s, " options random");
		s->rare = 1;
		n = below(40) + 1;
		rnd_bytes(o, n);
		return n;
	}
	while (want-- && n < 40) {
		i = below(sizeof(kinds));
		if (n + (sizes[i] ? sizes[i] : 1) > 40)
			break;
		seg_note(s, " option %u", kinds[i]);
		rnd_bytes(o + n, sizes[i]);
		o[n] = kinds[i];
		if (sizes[i]) {
			o[n + 1] = sizes[i];
			s->rare |= kinds[i] == 19 || kinds[i] == 29;
			if (percent(6)) {
				o[n + 1] = percent(50) ? below(3) : rnd();
				s->rare = 1;
				seg_note(s, "/%u", o[n + 1]);
			}
		}
		n += sizes[i] ? sizes[i] : 1;
	}
	return n;
}

static void seg_ip4_options(struct segment *s, struct frame *f)
{
	/* no-op, record route, security, router alert, timestamp (full), loose
	 * and strict source routes, stream id, unknown */
	static const unsigned char kinds[] = { 1, 7, 130, 148, 68, 131, 137, 136, 66 };
	unsigned char o[40] = { 0 };
	unsigned int n = 0, kind, size;

	s->rare = 1;
	if (percent(15)) {
		n = below(40) + 1;
		rnd_bytes(o, n);
		o[0] = 1;
		for (size = 0; size < n; size++) /* see LIMIT above */
			if (o[size] == 68)
				o[size] = 1;
		seg_note(s, " ip options random");
	} else {
		kind = kinds[below(sizeof(kinds))];
		size = kind == 1 ? 1 : kind == 148 ? 4 : 4 * below(5) + 7;
		rnd_bytes(o, size);
		o[n++] = kind;
		if (kind != 1)
			o[n++] = size;
		o[n] = kind == 68 ? size + 1 : kind == 148 ? 0 : 4 * (1 + below(size / 4));
		n = size;
		seg_note(s, " ip option %u", kind);
	}
	frame_ip4_options(f, o, n);
}

static void seg_ip6_ext(struct segment *s, struct frame *f)
{
	static const unsigned char types[] = { 0, 0, 60, 60, 60, 43, 44, 44, 51, 50, 59, 135, 139,
					       140, 253 };
	static const unsigned char options[] = { 0, 1, 1, 1, 5, 0x26, 0x3e, 0x41, 0x7e, 0x8b, 0xbe,
						 0xc2, 0xc9, 0xee };
	unsigned int type = types[below(sizeof(types))], n = 2;
	unsigned char o[64] = { 0 };

	s->rare = 1;
	seg_note(s, " ext %u", type);
	if (type == 44) {
		frame_ip6_frag(f, rnd(), 0, 0);
		return;
	}
	if (type == 43) {
		o[0] = below(5);
		o[1] = below(3);
		frame_ip6_ext(f, type, o, percent(50) ? 6 : 22);
		return;
	}
	o[0] = options[below(sizeof(options))];
	o[1] = percent(10) ? below(20) : o[0] == 5 ? 2 : 4;
	if (o[0] > 1)
		seg_note(s, "/%02x", o[0]);
	n = percent(70) ? 6 : below(sizeof(o) - 8);
	frame_ip6_ext(f, type, o, n);
	if (percent(8))
		f->b[f->next_at + 1] = below(5);
}

/* --- headers ------------------------------------------------------------- */

static void seg_ethernet(struct segment *s, struct frame *f)
{
	static const unsigned int tpid[] = { ETH_P_8021Q, ETH_P_8021Q, ETH_P_8021AD };
	unsigned char dst[6];
	int i;

	memcpy(dst, wire_server_mac, 6);
	if (percent(4)) {
		static const unsigned char other[4][6] = { { 255, 255, 255, 255, 255, 255 },
							   { 1, 0, 0x5e, 0, 0, 1 },
							   { 0x33, 0x33, 0, 0, 0, 1 },
							   { 3, 0, 0, 0, 0, 2 } };

		memcpy(dst, other[below(4)], 6);
		seg_note(s, " to mac %02x..", dst[0]);
	}
	frame_start(f, dst, wire_client_mac);
	if (percent(20))
		s->tags = 1 + percent(30) + percent(3);
	for (i = 0; i < s->tags; i++)
		frame_vlan(f, tpid[below(3)], (rnd() & 0xf000) | (1 + below(4094)));
	if (s->tags) {
		seg_note(s, " tags %d", s->tags);
	} else if (percent(2)) {
		/* A VLAN identifier of 0 is no VLAN: Linux takes it for untagged. */
		frame_vlan(f, tpid[below(3)], rnd() & 0xf000);
		seg_note(s, " priority tag");
	}
	if (s->tags > 2)
		s->rare = 1;
}

static void seg_ip4(struct segment *s, struct frame *f, const void *src, const void *dst)
{
	struct iphdr *h;

	frame_ip4_raw(f, src, dst);
	h = frame_ip4h(f);
	h->id = htons((rnd() & 0xffc0) | (s->index % SEGMENT_SLOTS));
	h->tos = percent(30) ? rnd() : 0;
	h->ttl = percent(10) ? below(3) : 1 + below(255);
	if (percent(50))
		h->frag_off = 0;
	if (percent(6))
		seg_ip4_options(s, f);
}

static void seg_ip6(struct segment *s, struct frame *f, const void *src, const void *dst)
{
	uint32_t first = 0x60000000;
	int n = 0;

	frame_ip6_raw(f, src, dst);
	if (percent(30))
		first |= (rnd() & 0xff) << 20;
	first |= (rnd() & 0xfffc0) | (s->index % SEGMENT_SLOTS);
	first = htonl(first);
	memcpy(frame_ip6h(f), &first, 4);
	frame_ip6h(f)->hop_limit = percent(10) ? below(3) : 1 + below(255);
	while (percent(12) && n++ < 4)
		seg_ip6_ext(s, f);
}

static void seg_tcp(struct segment *s, struct frame *f)
{
	unsigned int flags = percent(40) ? FRAME_SYN : rnd() & 0xff;
	unsigned int slot = s->index % SEGMENT_SLOTS;
	unsigned int sport = (rnd() & 0xffc0) | slot, dport = 25;
	unsigned char bytes[1460];
	size_t n;

	if (percent(5))
		sport = slot;
	if (percent(3))
		dport = percent(50) ? 24 + 2 * below(2) : below(65536), s->rare = 1;
	frame_tcp(f, sport, dport, rnd_edge(), rnd_edge(), flags);
	frame_tcph(f)->window = htons(rnd());
	frame_tcph(f)->urg_ptr = percent(20) ? htons(rnd()) : 0;
	if (percent(10))
		f->b[f->l4 + 12] |= rnd() & 0x0f;
	n = seg_tcp_options(s, bytes);
	if (n)
		frame_tcp_options(f, bytes, n);
	if (percent(30)) {
		n = percent(60) ? below(20) : percent(70) ? below(200) : below(1200);
		rnd_bytes(bytes, n);
		frame_data(f, bytes, n);
	}
	seg_note(s, " flags %02x port %u", flags, dport);
}

/* --- lies ---------------------------------------------------------------- */

/* What the IP header says of the length, less or more than there is. */
static void seg_lie_length(struct segment *s, struct frame *f)
{
	int by = percent(70) ? (int)below(24) - 12 : (int)below(1500) - 750;

	if (frame_is_ip6(f))
		frame_ip6h(f)->payload_len = htons(ntohs(frame_ip6h(f)->payload_len) + by);
	else
		frame_ip4h(f)->tot_len = htons(ntohs(frame_ip4h(f)->tot_len) + by);
	seg_note(s, " length %+d", by);
	s->rare = 1;
}

/* Bytes of TCP and data, as the IP header contacts. */
static int seg_unverified(struct frame *f)
{
	return (frame_is_ip6(f) ? 40 + ntohs(frame_ip6h(f)->payload_len) :
				  ntohs(frame_ip4h(f)->tot_len)) - (int)(f->l4 - f->l3);
}

/* TCP's sum over what the IP header contacts, where the frame holds as much. */
static void seg_unverified_sum(struct frame *f)
{
	size_t whole = f->len;
	int unverified = seg_unverified(f);

	if (unverified < 18 || f->l4 + unverified > whole)
		return;
	f->len = f->l4 + unverified;
	frame_tcp_sum(f);
	f->len = whole;
}

/* See LIMIT above: by chance one in 65536 has the pseudo-header's sum. */
static int seg_is_pseudo_sum(struct frame *f)
{
	uint32_t sum = frame_pseudo_sum(f->b + f->l3, IPPROTO_TCP, seg_unverified(f));

	return frame_tcph(f)->check == htons(sum);
}

int segment_whole;

static void seg_lies(struct segment *s, struct frame *f)
{
	if (percent(3)) {
		frame_tcph(f)->doff = rnd();
		seg_note(s, " doff %u", frame_tcph(f)->doff);
		s->rare = 1;
		frame_tcp_sum(f);
	}
	if (percent(6)) {
		seg_lie_length(s, f);
		if (percent(70))
			seg_unverified_sum(f);
	} else if (percent(5) && !segment_whole) {
		frame_tcp_partial(f);
		s->partial = 1;
		seg_note(s, " partial");
	}
	if (percent(5)) {
		frame_tcph(f)->check ^= htons(percent(50) ? 1u << below(16) : 1 + below(65535));
		s->rare = 1;
		s->partial = 0;
		seg_note(s, " bad sum");
	}
	if (!s->partial && seg_is_pseudo_sum(f))
		frame_tcph(f)->check ^= htons(1), s->rare = 1;
	if (!frame_is_ip6(f)) {
		if (percent(3)) {
			frame_ip4h(f)->ihl = rnd();
			seg_note(s, " ihl %u", frame_ip4h(f)->ihl);
			s->rare = 1;
		}
		if (percent(1)) {
			frame_ip4h(f)->frag_off |= htons(0x8000);
			seg_note(s, " reserved flag");
			s->rare = 1;
		}
		if (frame_ip4h(f)->ihl * 4 <= f->len - f->l3)
			frame_ip4_sum(f);
		if (percent(2)) {
			frame_ip4h(f)->check ^= htons(1 + below(65535));
			s->rare = 1;
			seg_note(s, " bad ip sum");
		}
	}
	if (percent(1)) {
		f->b[f->l3] ^= 0x10 << below(4);
		seg_note(s, " version %u", f->b[f->l3] >> 4);
		s->rare = 1;
	}
}

/* The end of the frame: what Ethernet adds, or what got lost. */
static void seg_tail(struct segment *s, struct frame *f)
{
	if (percent(30)) {
		frame_pad(f, 60 + 4 * s->tags, percent(50) ? 0 : 0x5a);
	} else if (percent(5)) {
		frame_pad(f, f->len + 1 + below(30), rnd());
		seg_note(s, " padded");
	} else if (percent(4)) {
		/* Linux drops a tag with less than two bytes behind it unseen. */
		f->len = f->l3 + 2 + below(f->len - f->l3 - 2);
		s->partial = 0;
		s->rare = 1;
		seg_note(s, " cut to %zu", f->len);
	}
}

/* --- fragments ----------------------------------------------------------- */

void seg_fragment(const struct frame *f, struct frame *to, size_t at, size_t end, int more,
		  uint32_t id)
{
	size_t body = frame_is_ip6(f) ? 40 : 20;
	const unsigned char *payload = f->b + f->l3 + body;

	*to = *f;
	to->len = f->l3 + body;
	to->l4 = 0;
	if (frame_is_ip6(f)) {
		to->next_at = to->l3 + offsetof(struct ipv6hdr, nexthdr);
		frame_ip6_frag(to, id, at, more);
	} else {
		frame_ip4h(to)->frag_off = htons(at / 8 | (more ? 0x2000 : 0));
	}
	frame_add(to, payload + at, end - at);
	frame_finish(to);
}

static void seg_split(struct segment *s)
{
	static struct frame whole;
	size_t n, at;
	uint32_t id = rnd();
	int kind;

	whole = s->f[0];
	n = whole.len - whole.l3 - (frame_is_ip6(&whole) ? 40 : 20);
	if (n < 16 || (!frame_is_ip6(&whole) && frame_ip4h(&whole)->ihl != 5))
		return;
	at = 8 * (1 + below((n - 1) / 8));
	kind = below(5);
	s->rare = 1;
	s->frames = kind < 3 ? 2 : 1;
	seg_note(s, " fragments at %zu of %zu, kind %d", at, n, kind);
	seg_fragment(&whole, &s->f[kind == 1 || kind == 4], 0, at, 1, id);
	if (kind < 3)
		seg_fragment(&whole, &s->f[kind != 1], at, n, 0, id);
	else if (kind == 4)
		seg_fragment(&whole, &s->f[0], at, n, 0, id);
}

/* --- the whole ----------------------------------------------------------- */

void segment_make(struct segment *s, uint64_t seed, unsigned long index)
{
	unsigned char src[16], dst[16];
	struct frame *f = &s->f[0];
	int six;

	memset(s, 0, offsetof(struct segment, f));
	seg_state = seg_mix(seed) + index * 0xd1342543de82ef95ull;
	s->index = index;
	s->frames = 1;
	six = percent(50);
	seg_addresses(s, six, src, dst);
	seg_ethernet(s, f);
	if (six)
		seg_ip6(s, f, src, dst);
	else
		seg_ip4(s, f, src, dst);
	seg_tcp(s, f);
	frame_finish(f);
	/*
	 * What waits for its other half waits at both hosts, or else halves of two
	 * segments from the same odd source may meet at one of them only; what has
	 * tags does not get so far where there is no VLAN device.
	 */
	if (percent(4) && !(s->tags && s->is_odd)) {
		seg_split(s);
		return;
	}
	seg_lies(s, f);
	seg_tail(s, f);
}

void segment_untag(const struct frame *f, struct frame *to, int tags)
{
	*to = *f;
	memmove(to->b + 12, to->b + 12 + 4 * tags, to->len - 12 - 4 * tags);
	to->len -= 4 * tags;
	to->l3 -= 4 * tags;
	to->l4 -= 4 * tags;
}
