// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is not for a fake is none of the program's business: it may sit on a mail
 * host's only interface. A mixed corpus goes over two like wires, one to a host
 * with the program and one to a host without; a capture on the far side sees the
 * same frames, in the same order, to the bit. No frame of the corpus is one that
 * a fake answers. Each counts in exactly one verdict.
 */
#define _GNU_SOURCE
#include "selftests/lib/segment.h"
#include "selftests/lib/wire.h"

#define BATCH 48 /* frames under way: a veth's ring holds 256 */
#define MARKER_TYPE 0x88b5 /* IEEE 802: for local experiments */

struct seen {
	int n;
	struct {
		size_t len;
		unsigned char b[FRAME_MAX];
	} f[2 * BATCH];
	uint32_t marker;
};

static struct wire plain, fake;
static struct seen at_plain, at_fake;
static struct frame f;
static uint32_t marker;
static int mtu;
static unsigned long frames, bytes, different;

/* --- two wires ----------------------------------------------------------- */

static void on_frame(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *p)
{
	struct seen *s = (struct seen *)user;

	if (h->caplen >= 18 && p[12] == MARKER_TYPE >> 8 && p[13] == (MARKER_TYPE & 0xff)) {
		memcpy(&s->marker, p + 14, 4);
		return;
	}
	if (s->n == 2 * BATCH || h->caplen > FRAME_MAX)
		wire_die("the far side sees more than was sent");
	s->f[s->n].len = h->caplen;
	memcpy(s->f[s->n++].b, p, h->caplen);
}

static void compare(void)
{
	int i, n = at_plain.n > at_fake.n ? at_plain.n : at_fake.n;

	for (i = 0; i < n; i++) {
		size_t a = i < at_plain.n ? at_plain.f[i].len : 0;
		size_t b = i < at_fake.n ? at_fake.f[i].len : 0;

		if (a == b && !memcmp(at_plain.f[i].b, at_fake.f[i].b, a))
			continue;
		if (different++ < 5) {
			frame_dump(stdout, "without the program", at_plain.f[i].b, a);
			frame_dump(stdout, "with the program", at_fake.f[i].b, b);
		}
	}
	frames += at_plain.n;
	at_plain.n = at_fake.n = 0;
}

static void flush_wires(void)
{
	static struct frame m;
	double deadline = wire_now() + 5 * wire_patience();

	marker++;
	frame_start(&m, wire_server_mac, wire_client_mac);
	frame_type(&m, MARKER_TYPE);
	frame_add(&m, &marker, 4);
	wire_send(&plain, &m, 0);
	wire_send(&fake, &m, 0);
	while (at_plain.marker != marker || at_fake.marker != marker) {
		pcap_dispatch(plain.passed, -1, on_frame, (void *)&at_plain);
		pcap_dispatch(fake.passed, -1, on_frame, (void *)&at_fake);
		if (wire_now() > deadline)
			wire_die("a frame that is none of the program's business is lost");
	}
	compare();
}

static void emit(void)
{
	static int n;

	if (f.len > (size_t)mtu + ETH_HLEN)
		return;
	bytes += f.len;
	wire_send(&plain, &f, 0);
	wire_send(&fake, &f, 0);
	if (++n % BATCH == 0)
		flush_wires();
}

/* --- the corpus ---------------------------------------------------------- */

static unsigned char noise[FRAME_MAX];

static void start(void)
{
	frame_start(&f, wire_server_mac, wire_client_mac);
}

static void ip4(const char *dst, int proto)
{
	frame_ip4(&f, "198.18.0.9", dst);
	frame_ip4h(&f)->protocol = proto;
}

static void ip6(const char *dst, int proto)
{
	frame_ip6(&f, "2001:db8:77::9", dst);
	frame_ip6h(&f)->nexthdr = proto;
}

static void payload(const void *p, size_t n)
{
	frame_data(&f, p, n);
	frame_finish(&f);
	emit();
}

static void raw_type(unsigned int type, size_t n)
{
	start();
	frame_type(&f, type);
	frame_data(&f, noise, n);
	emit();
}

static void send_ethernet(void)
{
	static const unsigned int types[] = { ETH_P_ARP, ETH_P_RARP, ETH_P_LLDP, ETH_P_MPLS_UC,
					      ETH_P_PPP_SES, ETH_P_PAE, 0x0842, ETH_P_8021Q,
					      ETH_P_8021AD, ETH_P_IP, ETH_P_IPV6, 0, 38, 1500 };
	static const unsigned char groups[2][6] = { { 255, 255, 255, 255, 255, 255 },
						    { 1, 0x80, 0xc2, 0, 0, 14 } };
	unsigned int i, n;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		for (n = 6; n < 60; n += 3)
			raw_type(types[i], n);
	for (i = 0; i < 2; i++) {
		frame_start(&f, groups[i], wire_client_mac);
		frame_type(&f, i ? ETH_P_LLDP : ETH_P_ARP);
		payload(noise, 46);
	}
	for (n = 100; n < (unsigned int)mtu; n += 731)
		raw_type(ETH_P_MPLS_UC, n);
}

/* ARP for a fake's address: "who has", from another host. */
static void send_arp(void)
{
	unsigned char arp[28] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 203, 0, 113, 1 };

	inet_pton(AF_INET, WIRE_LOW4, arp + 24);
	start();
	frame_type(&f, ETH_P_ARP);
	payload(arp, sizeof(arp));
}

/* ICMP with the fake's segment inside, neighbour discovery and the like. */
static void send_icmp(void)
{
	static const unsigned char types[] = { 1, 2, 3, 4, 128, 129, 130, 131, 133, 134, 135, 136,
					       137, 143 };
	unsigned char b[64] = { 8, 0, 0xf7, 0xff };
	unsigned int i;

	start(), ip4(WIRE_LOW4, IPPROTO_ICMP), payload(b, 8);
	memset(b, 0, 4);
	b[0] = 3, b[1] = 3;
	start(), ip4(WIRE_LOW4, IPPROTO_ICMP), payload(b, 64);
	for (i = 0; i < sizeof(types); i++) {
		b[0] = types[i], b[1] = 0;
		start(), ip6(WIRE_LOW6, IPPROTO_ICMPV6), payload(b, 24 + i);
		start(), ip6("ff02::1:ff00:10", IPPROTO_ICMPV6), payload(b, 24 + i);
	}
}

/* Every protocol but TCP, to port 25 where it has ports. */
static void send_protocols(void)
{
	unsigned char ports[40] = { 0x40, 0, 0, 25, 0, 12 };
	unsigned int proto, n;

	for (proto = 0; proto < 256; proto++) {
		if (proto == IPPROTO_TCP)
			continue;
		start(), ip4(WIRE_LOW4, proto), payload(ports, 40);
		start(), ip6(WIRE_LOW6, proto), payload(ports, 40);
	}
	for (n = 0; n < (unsigned int)mtu - 40; n += 97) {
		start(), ip4(WIRE_LOW4, IPPROTO_UDP), payload(noise, n);
		start(), ip6(WIRE_LOW6, IPPROTO_UDP), payload(noise, n);
	}
}

static void tcp(int six, const char *dst, int sport, int dport, int flags, size_t data)
{
	start();
	if (six)
		frame_ip6(&f, "2001:db8:77::9", dst);
	else
		frame_ip4(&f, "198.18.0.9", dst);
	frame_tcp(&f, sport, dport, rnd(), rnd(), flags);
	frame_tcp_options(&f, "\2\4\5\264", flags & FRAME_SYN ? 4 : 0);
	frame_data(&f, noise, data);
	frame_finish(&f);
}

/* TCP that is for no fake, or that a fake's closed port is silent to. */
static void send_tcp(void)
{
	static const char *const other[2][4] = { { WIRE_OWN4, WIRE_HIGH4, "192.0.2.99", WIRE_REAL4 },
						 { WIRE_OWN6, WIRE_HIGH6, "2001:db8::99",
						   WIRE_REAL6 } };
	int six, i, flags;

	for (six = 0; six < 2; six++) {
		const char *low = six ? WIRE_LOW6 : WIRE_LOW4;

		for (flags = 0; flags < 256; flags++) {
			for (i = 0; i < 4; i++) /* the other addresses */
				tcp(six, other[six][i], 1024 + flags, 25, flags, i * 9), emit();
			tcp(six, low, 25, 1024 + flags, flags, 9), emit();
			tcp(six, low, 1024 + flags, 25, flags | FRAME_RST, 9), emit();
			tcp(six, low, 1024 + flags, 25, flags, 9);
			frame_tcph(&f)->check ^= 0x5a5a;
			emit();
			tcp(six, low, 1024 + flags, 25, flags, 9);
			memset(f.b, 255, 6);
			emit();
		}
		for (i = 0; i < mtu - 60; i += 131)
			tcp(six, other[six][3], 2000 + i % 3000, 25, FRAME_ACK | FRAME_PSH, i), emit();
		for (i = 14; i < 54; i++) { /* every truncation */
			tcp(six, low, 1024 + i, 25, FRAME_SYN, 0);
			f.len = i;
			emit();
		}
	}
}

/* Fragments, tunnels and tags around a SYN to a fake. */
static void send_wrapped(void)
{
	static const unsigned char tunnels[] = { IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_GRE };
	static struct frame inner;
	unsigned int i, six;

	for (six = 0; six < 2; six++) {
		tcp(six, six ? WIRE_LOW6 : WIRE_LOW4, 999, 25, FRAME_SYN, 40);
		inner = f;
		for (i = 0; i < sizeof(tunnels); i++) {
			start(), ip4(WIRE_LOW4, tunnels[i]);
			if (tunnels[i] == IPPROTO_GRE)
				frame_data(&f, six ? "\0\0\x86\xdd" : "\0\0\x08\0", 4);
			payload(inner.b + inner.l3, inner.len - inner.l3);
		}
		for (i = 0; i < 3; i++) {
			seg_fragment(&inner, &f, 24 * (i > 0), i ? 48 : 24, i < 2, 77 + i);
			emit();
		}
		for (i = 0; i < 16; i++) { /* three tags, and tagged UDP */
			start();
			frame_vlan(&f, ETH_P_8021AD, i << 8);
			frame_vlan(&f, ETH_P_8021Q, 5);
			if (i & 1)
				frame_vlan(&f, ETH_P_8021Q, 6);
			frame_type(&f, six ? ETH_P_IPV6 : ETH_P_IP);
			if (!(i & 1))
				inner.b[inner.l3 + (six ? 6 : 9)] = IPPROTO_UDP;
			payload(inner.b + inner.l3, inner.len - inner.l3);
			inner.b[inner.l3 + (six ? 6 : 9)] = IPPROTO_TCP;
		}
	}
}

/* Nonsense behind a right MAC and type: no sum of it is right. */
static void send_noise(void)
{
	static const unsigned int types[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD,
					      ETH_P_ARP, 0 };
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		rnd_bytes(noise, 64);
		if (percent(80))
			noise[0] = percent(50) ? 0x45 : 0x60;
		raw_type(types[below(6)], 6 + below(percent(80) ? 100 : mtu - 20));
	}
}

/* --- TAP ----------------------------------------------------------------- */

static int tests, failures;

static void ok(int good, const char *mode, const char *what, unsigned long a, unsigned long b)
{
	printf("%sok %d - %s, MTU %d: ", good ? "" : "not ", ++tests, mode, mtu);
	printf(what, a, b);
	printf("\n");
	failures += !good;
}

static void set_mtu(struct wire *w)
{
	wire_run(w->client, "ip link set c0 mtu %d", mtu);
	wire_run(w->server, "ip link set s0 mtu %d", mtu);
}

static void test_mode(const char *mode, int with_mtu)
{
	unsigned long verdict[NOLIST_VERDICTS], before, grown, sent;

	mtu = with_mtu;
	frames = bytes = different = 0;
	wire_open(&plain);
	wire_open(&fake);
	set_mtu(&plain);
	set_mtu(&fake);
	wire_load(&fake, mode);
	flush_wires();
	before = wire_verdicts(&fake, verdict);
	sent = fake.sent;
	seg_state = 1;
	rnd_bytes(noise, sizeof(noise));
	send_ethernet();
	send_arp();
	send_icmp();
	send_protocols();
	send_tcp();
	send_wrapped();
	send_noise();
	flush_wires();
	sent = fake.sent - sent;
	grown = wire_verdicts(&fake, verdict) - before;
	ok(!different && frames > 6000, mode, "%lu frames seen, %lu of them not the same", frames,
	   different);
	ok(sent == grown, mode, "%lu frames, %lu verdicts", sent, grown);
	ok(!verdict[NOLIST_LOW_RST] && !verdict[NOLIST_LOW_RST_ACK], mode,
	   "%lu and %lu resets by the program", verdict[NOLIST_LOW_RST],
	   verdict[NOLIST_LOW_RST_ACK]);
	printf("# %lu bytes; verdicts:", bytes);
	for (int i = 0; i < NOLIST_VERDICTS; i++)
		printf(" %lu", verdict[i]);
	printf("\n");
	wire_unload(&fake);
	wire_close(&plain);
	wire_close(&fake);
}

int main(void)
{
	wire_init();
	test_mode("native", 1500);
	test_mode("native", 3400);
	test_mode("generic", 9000);
	printf("1..%d\n", tests);
	return failures > 0;
}
