/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of a high fake, packet by packet, by BPF_PROG_TEST_RUN: keeps the
 * numbers that a TCP keeps, and judges each frame that comes back by what the
 * RFCs say of it and by what the client has really sent. It has been written
 * from RFC 791, 8200, 9293, 7323 and 5321 and docs/dialogue.md, not from bpf/:
 * of that it knows the layout of the configuration and of the evidence.
 */
#ifndef NOLIST_TALK_H
#define NOLIST_TALK_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <time.h>
#include "bpf/abi.h"
#include "selftests/frame.h"
#include "selftests/siphash.h"
#include "selftests/tap.h"
#include "user/dialogue.h"

#define TALK_FAKE4 "192.0.2.30"
#define TALK_FAKE6 "2001:db8::30"
#define TALK_STREAM 65536 /* bytes that one client may send */
#define TALK_SOURCES 65536

/* --- the program under test ---------------------------------------------- */

struct talk_server {
	struct bpf_object *object;
	int fd, conf, key, proofs, stats, cpus;
	unsigned char secret[16];
};

static inline int talk_map(struct talk_server *s, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(s->object, name);

	if (fd < 0)
		tap_die(name);
	return fd;
}

static inline void talk_place(struct nolist_config *c, const char *text, __u32 role, __u32 mx)
{
	struct nolist_addr a = {};
	__u32 at;

	if (strchr(text, ':')) {
		frame_addr(AF_INET6, text, a.b);
	} else {
		a.b[10] = a.b[11] = 0xff;
		frame_addr(AF_INET, text, a.b + 12);
	}
	for (at = nolist_slot_of(&a, c->seed); c->slot[at % NOLIST_SLOTS].role; at++)
		;
	c->slot[at % NOLIST_SLOTS] = (struct nolist_slot){ .addr = a, .role = role, .mx = mx };
}

/* Puts a dialogue in force, as `load` does. */
static inline void talk_configure(struct talk_server *s, const struct dialogue *d)
{
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, sizeof(struct nolist_config), 1,
				   NULL);
	struct nolist_config *c = calloc(1, sizeof(*c));
	__u32 zero = 0;
	int i;

	if (!c || inner < 0)
		tap_die("a configuration");
	c->magic = NOLIST_MAGIC;
	c->version = NOLIST_ABI_VERSION;
	c->ports = 1;
	for (i = 0; i < NOLIST_PORT_MAX; i++)
		c->port[i] = htons(25);
	talk_place(c, TALK_FAKE4, NOLIST_HIGH, 0);
	talk_place(c, TALK_FAKE6, NOLIST_HIGH, 1);
	if (dialogue_compile(d, &c->smtp))
		tap_die("dialogue_compile()");
	if (bpf_map_update_elem(inner, &zero, c, BPF_ANY) ||
	    bpf_map_update_elem(s->conf, &zero, &inner, BPF_ANY))
		tap_die(NOLIST_MAP_CONF);
	close(inner);
	free(c);
}

/* object: below build/. */
static inline void talk_load(struct talk_server *s, const char *object)
{
	struct bpf_program *prog;
	struct bpf_map *m;
	__u32 zero = 0;
	size_t i;

	libbpf_set_print(NULL);
	memset(s, 0, sizeof(*s));
	s->object = bpf_object__open_file(tap_build(object), NULL);
	if (!s->object)
		tap_die(object);
	bpf_object__for_each_map(m, s->object)
		if (bpf_map__type(m) == BPF_MAP_TYPE_LRU_HASH)
			bpf_map__set_max_entries(m, TALK_SOURCES);
	prog = bpf_object__find_program_by_name(s->object, NOLIST_PROG);
	if (!prog || bpf_object__load(s->object))
		tap_die("the kernel refuses " NOLIST_PROG);
	s->fd = bpf_program__fd(prog);
	s->conf = talk_map(s, NOLIST_MAP_CONF);
	s->key = talk_map(s, NOLIST_MAP_KEY);
	s->proofs = talk_map(s, NOLIST_MAP_PROOFS);
	s->stats = talk_map(s, NOLIST_MAP_STATS);
	s->cpus = libbpf_num_possible_cpus();
	for (i = 0; i < sizeof(s->secret); i++)
		s->secret[i] = 0xa0 + 7 * i;
	if (bpf_map_update_elem(s->key, &zero, s->secret, BPF_ANY))
		tap_die(NOLIST_MAP_KEY);
}

/* The slot of the clock by which sequence numbers change: 2^40 ns. */
static inline uint64_t talk_slot(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (t.tv_sec * 1000000000ull + t.tv_nsec) >> 40;
}

/* Wrong acknowledgements counted so far. */
static inline unsigned long talk_bad_acks(const struct talk_server *s)
{
	struct nolist_stats st[s->cpus];
	unsigned long n = 0;
	__u32 zero = 0;
	int cpu, h;

	if (bpf_map_lookup_elem(s->stats, &zero, st))
		tap_die(NOLIST_MAP_STATS);
	for (cpu = 0; cpu < s->cpus; cpu++)
		for (h = 0; h < NOLIST_HOURS; h++)
			n += st[cpu].bad_acks[h].count;
	return n;
}

/* --- the client ---------------------------------------------------------- */

/* Where among the options the timestamps stand. */
enum talk_style { STYLE_LINUX, STYLE_FIRST, STYLE_ODD, STYLE_LAST, STYLE_BEHIND_SACK, STYLES };

struct talk {
	const struct talk_server *server;
	unsigned char src[16], dst[16]; /* IPv4 in the last four, mapped */
	unsigned int sport;
	const char *tags; /* 'q' 802.1Q, 'a' 802.1ad, outermost first */
	int is_ip6, has_ts, is_split;
	enum talk_style style;
	uint32_t iss, snd_nxt, snd_una;
	uint32_t irs, rcv_nxt;
	int is_open;          /* has seen the SYN,ACK */
	int is_ended;         /* has seen our FIN */
	uint32_t sent_end;    /* no byte from here on was ever sent */
	uint32_t shown_end;   /* the server was shown all bytes before */
	uint32_t clock, ts_recent;
	unsigned char shown[TALK_STREAM]; /* by distance from iss: the server was shown it */
};

/* A segment that the client sends; numbers in host order. */
struct talk_seg {
	unsigned int flags;
	uint32_t seq, ack;
	unsigned int window;
	int has_ts;
	uint32_t tsval, tsecr;
	const void *options; /* instead of the usual ones */
	size_t options_len;
	const char *data;
	size_t len;
	int is_broken; /* a wrong checksum */
};

/* What came back. */
struct talk_got {
	int is_frame;
	unsigned int flags;
	uint32_t seq, ack;
	unsigned int window, mss;
	int has_ts;
	uint32_t tsval, tsecr;
	size_t len;
	char text[1500];
};

static const unsigned char talk_client_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const unsigned char talk_server_mac[6] = { 2, 0, 0, 0, 0, 2 };

/* Client number n: a source of its own (an IPv6 /64 of its own). */
static inline void talk_start(struct talk *t, const struct talk_server *s, unsigned int n,
			      int is_ip6, int has_ts)
{
	memset(t, 0, sizeof(*t));
	t->server = s;
	t->is_ip6 = is_ip6;
	t->has_ts = has_ts;
	t->tags = "";
	t->sport = 1024 + n % 60000;
	if (is_ip6) {
		frame_addr(AF_INET6, "2001:db8:ffff::9", t->src);
		frame_addr(AF_INET6, TALK_FAKE6, t->dst);
		t->src[5] = n >> 16, t->src[6] = n >> 8, t->src[7] = n;
	} else {
		t->src[10] = t->src[11] = t->dst[10] = t->dst[11] = 0xff;
		frame_addr(AF_INET, "198.18.0.0", t->src + 12);
		frame_addr(AF_INET, TALK_FAKE4, t->dst + 12);
		t->src[13] |= n >> 16 & 1;
		t->src[14] = n >> 8, t->src[15] = n;
	}
	t->iss = 0x9e3779b9u * (n + 1);
	t->snd_nxt = t->snd_una = t->sent_end = t->iss;
	t->shown_end = t->iss;
	t->clock = 0xfffffff0u + n * 977; /* timestamps wrap: so should nothing else */
}

/* The segment that the client would send now. */
static inline struct talk_seg talk_seg(const struct talk *t, const char *data, size_t len)
{
	struct talk_seg g = { .flags = FRAME_ACK | (len ? FRAME_PSH : 0), .seq = t->snd_nxt,
			      .ack = t->rcv_nxt, .window = 65535, .has_ts = t->has_ts,
			      .tsval = t->clock, .tsecr = t->ts_recent, .data = data, .len = len };

	return g;
}

static inline size_t talk_options(const struct talk *t, const struct talk_seg *g,
				  unsigned char o[40])
{
	static const unsigned char syn[] = { 2, 4, 5, 180, 4, 2, 1, 3, 3, 7 };
	static const unsigned char before[STYLES] = { 2, 0, 1, 9, 10 };
	size_t n = 0, i;

	if (g->flags & FRAME_SYN) {
		memcpy(o, syn, sizeof(syn));
		n = sizeof(syn);
	}
	if (!g->has_ts)
		return n;
	if (t->style == STYLE_BEHIND_SACK && !n) {
		memset(o, 0x11, 10);
		o[0] = 5, o[1] = 10;
		n = 10;
	} else {
		for (i = 0; i < before[t->style] && n + 10 < 40; i++)
			o[n++] = 1;
	}
	o[n++] = 8, o[n++] = 10;
	for (i = 0; i < 8; i++)
		o[n++] = (i < 4 ? g->tsval : g->tsecr) >> (24 - 8 * (i % 4));
	return n;
}

static inline void talk_frame(const struct talk *t, const struct talk_seg *g, struct frame *f)
{
	unsigned int tci = 0xb00a;
	unsigned char o[40];
	const char *c;
	size_t n;

	frame_start(f, talk_server_mac, talk_client_mac);
	for (c = t->tags; *c; c++)
		frame_vlan(f, *c == 'a' ? ETH_P_8021AD : ETH_P_8021Q, tci++);
	if (t->is_ip6)
		frame_ip6_raw(f, t->src, t->dst);
	else
		frame_ip4_raw(f, t->src + 12, t->dst + 12);
	frame_tcp(f, t->sport, 25, g->seq, g->ack, g->flags);
	frame_tcph(f)->window = htons(g->window);
	if (g->options_len) {
		frame_tcp_options(f, g->options, g->options_len);
	} else {
		n = talk_options(t, g, o);
		if (n)
			frame_tcp_options(f, o, n);
	}
	frame_data(f, g->data, g->len);
	frame_finish(f);
	if (g->is_broken)
		f->b[f->l4 + 16] ^= 1;
}

/* --- judging what comes back --------------------------------------------- */

static inline uint32_t talk_get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Link and IP layer of an answer to f. Sets where TCP begins and ends. */
static inline const char *talk_judge_ip(const struct frame *f, const unsigned char *b, size_t len,
					size_t *l4, size_t *end)
{
	const unsigned char *in = f->b + f->l3, *ip = b + f->l3;
	size_t i, size = frame_is_ip6(f) ? 40 : 20, at = frame_is_ip6(f) ? 8 : 12;
	size_t bytes = frame_is_ip6(f) ? 16 : 4;

	if (len < f->l3 + size + 20)
		return "a frame too short for its headers";
	if (memcmp(b, f->b + 6, 6) || memcmp(b + 6, f->b, 6))
		return "link addresses are not swapped";
	if (memcmp(b + 12, f->b + 12, f->l3 - 12))
		return "VLAN tags or type changed";
	if (memcmp(ip + at, in + at + bytes, bytes) || memcmp(ip + at + bytes, in + at, bytes))
		return "IP addresses are not swapped";
	*l4 = f->l3 + size;
	if (frame_is_ip6(f)) {
		if (ip[0] >> 4 != 6 || ip[6] != IPPROTO_TCP || ip[7] < 32)
			return "not a plain IPv6 header";
		*end = *l4 + (ip[4] << 8 | ip[5]);
	} else {
		if (ip[0] != 0x45 || ip[9] != IPPROTO_TCP || ip[8] < 32 || (ip[6] & 0x3f) || ip[7])
			return "not a plain IPv4 header";
		if (frame_sum(ip, 20, 0) != 0xffff)
			return "a wrong IPv4 checksum";
		*end = f->l3 + (ip[2] << 8 | ip[3]);
	}
	if (*end < *l4 + 20 || *end > len || (len != *end && len != 60))
		return "the IP length does not fit the frame";
	for (i = *end; i < len; i++)
		if (b[i])
			return "padding that is not zero";
	return NULL;
}

/* RFC 9293 3.1, RFC 7323 3.2: MSS on a SYN and timestamps, nothing else. */
static inline const char *talk_judge_options(const unsigned char *o, size_t n, struct talk_got *g)
{
	size_t i = 0;

	while (i < n) {
		if (o[i] == 1) {
			i++;
			continue;
		}
		if (i + 2 > n || o[i + 1] < 2 || i + o[i + 1] > n)
			return "malformed TCP options";
		if (o[i] == 2 && o[i + 1] == 4)
			g->mss = o[i + 2] << 8 | o[i + 3];
		else if (o[i] == 8 && o[i + 1] == 10 && !g->has_ts) {
			g->has_ts = 1;
			g->tsval = talk_get32(o + i + 2);
			g->tsecr = talk_get32(o + i + 6);
		} else
			return "an option that was not agreed on";
		i += o[i + 1];
	}
	return NULL;
}

static inline const char *talk_judge_tcp(const struct frame *f, const unsigned char *b, size_t l4,
					 size_t end, struct talk_got *g)
{
	const unsigned char *tcp = b + l4;
	size_t header = (tcp[12] >> 4) * 4;

	if (frame_sum(tcp, end - l4, frame_pseudo_sum(b + f->l3, IPPROTO_TCP, end - l4)) != 0xffff)
		return "a wrong TCP checksum";
	if (memcmp(tcp, f->b + f->l4 + 2, 2) || memcmp(tcp + 2, f->b + f->l4, 2))
		return "ports are not swapped";
	if (header < 20 || l4 + header > end || tcp[12] & 15 || tcp[18] || tcp[19])
		return "a malformed TCP header";
	g->seq = talk_get32(tcp + 4);
	g->ack = talk_get32(tcp + 8);
	g->flags = tcp[13];
	g->window = tcp[14] << 8 | tcp[15];
	g->len = end - l4 - header;
	memcpy(g->text, b + l4 + header, g->len);
	return talk_judge_options(tcp + 20, header - 20, g);
}

static inline const char *talk_judge_text(const struct talk_seg *s, const struct talk_got *g)
{
	size_t i;

	if (g->len > s->window)
		return "text beyond the client's window";
	if (g->len < 6 || memcmp(g->text + g->len - 2, "\r\n", 2))
		return "text that is not one line";
	for (i = 0; i < g->len - 2; i++)
		if (g->text[i] < ' ' || g->text[i] > '~')
			return "text that is not printable";
	if (!strchr("24", g->text[0]))
		return "a reply that begins neither with 2 nor with 4";
	if (s->len >= 4 && (!strncasecmp(s->data, "DATA", 4) || !strncasecmp(s->data, "BDAT", 4)) &&
	    g->text[0] == '2' && strncmp(g->text, "220", 3))
		return "DATA was not refused";
	return NULL;
}

static inline const char *talk_judge_syn(const struct talk *t, const struct talk_seg *s,
					 const struct talk_got *g)
{
	if ((s->flags & (FRAME_SYN | FRAME_ACK)) != FRAME_SYN)
		return "a SYN for something else";
	if (g->flags != (t->is_split ? FRAME_SYN : FRAME_SYN | FRAME_ACK))
		return "a SYN with other flags";
	if (g->ack != (t->is_split ? 0 : s->seq + 1) || g->len || g->mss < 536)
		return "a SYN of another connection, or with data, or without MSS";
	if (g->has_ts != s->has_ts || (g->has_ts && g->tsecr != (t->is_split ? 0 : s->tsval)))
		return "wrong timestamps on a SYN";
	return NULL;
}

/* An acknowledgement must cover nothing that the server was not shown. */
static inline const char *talk_judge_ack(const struct talk *t, const struct talk_seg *s,
					 const struct talk_got *g)
{
	uint32_t end = s->seq + s->len + !!(s->flags & FRAME_FIN) + !!(s->flags & FRAME_SYN);

	if ((int32_t)(g->ack - t->sent_end) > 0)
		return "acknowledges what was never sent";
	if (t->has_ts && (int32_t)(g->ack - t->shown_end) > 0)
		return "acknowledges what was not received";
	if (!t->has_ts && (int32_t)(g->ack - end) > 0)
		return "acknowledges beyond the segment";
	return NULL;
}

static inline const char *talk_judge(const struct talk *t, const struct talk_seg *s,
				     const struct frame *f, const unsigned char *b, size_t len,
				     struct talk_got *g)
{
	const char *wrong;
	size_t l4, end;

	wrong = talk_judge_ip(f, b, len, &l4, &end);
	if (!wrong)
		wrong = talk_judge_tcp(f, b, l4, end, g);
	if (wrong)
		return wrong;
	if (s->flags & FRAME_RST)
		return "an answer to an RST";
	if (g->flags & FRAME_RST)
		return g->flags != FRAME_RST || !(s->flags & FRAME_ACK) || g->seq != s->ack ||
				       g->len || g->has_ts || g->mss
			       ? "not the RST that a closed port sends"
			       : NULL;
	if (g->flags & FRAME_SYN)
		return talk_judge_syn(t, s, g);
	if ((g->flags | FRAME_PSH | FRAME_FIN) != (FRAME_ACK | FRAME_PSH | FRAME_FIN))
		return "unexpected flags";
	if (g->seq != s->ack)
		return "does not go on where the client has acknowledged";
	if (g->has_ts != s->has_ts || (g->has_ts && g->tsecr != s->tsval) || g->mss)
		return "wrong timestamps or an MSS";
	wrong = talk_judge_ack(t, s, g);
	if (!wrong && g->len)
		wrong = talk_judge_text(s, g);
	return wrong;
}

/* --- sending ------------------------------------------------------------- */

/* These bytes of the stream have been sent, and shown to the server unless lost. */
static inline void talk_note(struct talk *t, const struct talk_seg *s, int is_lost)
{
	uint32_t n = s->len + !!(s->flags & FRAME_FIN) + !!(s->flags & FRAME_SYN), i;

	if ((int32_t)(s->seq + n - t->sent_end) > 0)
		t->sent_end = s->seq + n;
	for (i = 0; i < n && !is_lost; i++)
		if (s->seq + i - t->iss < TALK_STREAM)
			t->shown[s->seq + i - t->iss] = 1;
	while (t->shown_end - t->iss < TALK_STREAM && t->shown[t->shown_end - t->iss])
		t->shown_end++;
}

/* Shows the segment to the program: NULL, or what is wrong with its answer. */
static inline const char *talk_send(struct talk *t, const struct talk_seg *s, struct talk_got *g)
{
	static unsigned char out[FRAME_MAX];
	static struct frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_out = out, .data_size_out = sizeof(out),
		    .repeat = 1);

	memset(g, 0, offsetof(struct talk_got, text));
	talk_note(t, s, 0);
	talk_frame(t, s, &f);
	opts.data_in = f.b;
	opts.data_size_in = f.len;
	if (bpf_prog_test_run_opts(t->server->fd, &opts))
		tap_die("BPF_PROG_TEST_RUN");
	t->clock++;
	if (opts.retval == XDP_DROP)
		return NULL;
	if (opts.retval != XDP_TX)
		return "neither sent nor dropped";
	g->is_frame = 1;
	return talk_judge(t, s, &f, out, opts.data_size_out, g);
}

/* The client receives it (RFC 9293 3.10.7): NULL, or why it cannot. */
static inline const char *talk_take(struct talk *t, const struct talk_got *g)
{
	if (!g->is_frame || g->flags & FRAME_RST)
		return NULL;
	if (g->flags & FRAME_SYN) {
		t->irs = g->seq;
		t->rcv_nxt = g->seq + 1;
		t->is_open = 1;
	} else if (g->seq == t->rcv_nxt) {
		t->rcv_nxt += g->len + !!(g->flags & FRAME_FIN);
		t->is_ended |= g->flags & FRAME_FIN;
	}
	if (g->has_ts) {
		if (!(g->flags & FRAME_SYN) && (int32_t)(g->tsval - t->ts_recent) < 0)
			return "timestamps that go back (RFC 7323 5.3)";
		t->ts_recent = g->tsval;
	}
	if (g->flags & FRAME_ACK && (int32_t)(g->ack - t->snd_una) > 0)
		t->snd_una = g->ack;
	return NULL;
}

/* Sends the next bytes of the stream, and receives what comes back. */
static inline const char *talk_say(struct talk *t, const char *data, size_t len,
				   unsigned int more_flags, struct talk_got *g)
{
	struct talk_seg s = talk_seg(t, data, len);
	const char *wrong;

	s.flags |= more_flags;
	t->snd_nxt += len + !!(more_flags & FRAME_FIN);
	wrong = talk_send(t, &s, g);
	return wrong ? wrong : talk_take(t, g);
}

/* SYN and the third segment; g is the banner. */
static inline const char *talk_connect(struct talk *t, struct talk_got *g)
{
	struct talk_seg s = talk_seg(t, NULL, 0);
	const char *wrong;

	s.flags = FRAME_SYN;
	s.ack = s.tsecr = 0;
	t->snd_nxt = t->iss + 1;
	wrong = talk_send(t, &s, g);
	if (!wrong)
		wrong = talk_take(t, g);
	if (wrong || !t->is_open)
		return wrong ? wrong : "no SYN,ACK";
	if (!t->is_split)
		return talk_say(t, NULL, 0, 0, g);
	s = talk_seg(t, NULL, 0);
	s.flags |= FRAME_SYN;
	s.seq = t->iss;
	wrong = talk_send(t, &s, g);
	return wrong ? wrong : talk_take(t, g);
}

/* --- evidence ------------------------------------------------------------ */

static inline int talk_proof(const struct talk *t, struct nolist_proofs *r)
{
	struct nolist_source src;

	memcpy(src.addr.b, t->src, 16);
	if (t->is_ip6)
		memset(src.addr.b + 8, 0, 8);
	return !bpf_map_lookup_elem(t->server->proofs, &src, r);
}

/* "strong 1, quit 1": what is noted of this client; "none": it has no record. */
static inline const char *talk_evidence(const struct talk *t)
{
	static const struct {
		const char *name;
		size_t at;
	} field[] = {
		{ "strong", offsetof(struct nolist_hour, strong) },
		{ "weak", offsetof(struct nolist_hour, weak) },
		{ "told_weak", offsetof(struct nolist_hour, told_weak) },
		{ "quit", offsetof(struct nolist_hour, quit) },
		{ "closed", offsetof(struct nolist_hour, closed) },
		{ "early", offsetof(struct nolist_hour, early) },
		{ "piped", offsetof(struct nolist_hour, piped) },
		{ "not_smtp", offsetof(struct nolist_hour, not_smtp) },
		{ "starttls", offsetof(struct nolist_hour, starttls) },
	};
	static char text[256];
	struct nolist_proofs r;
	size_t n = 0, i;
	int h;

	if (!talk_proof(t, &r))
		return "none";
	text[0] = 0;
	for (i = 0; i < sizeof(field) / sizeof(*field); i++) {
		unsigned int sum = 0;

		for (h = 0; h < NOLIST_HOURS; h++)
			sum += *(__u16 *)((char *)&r.hour[h] + field[i].at);
		if (sum)
			n += snprintf(text + n, sizeof(text) - n, "%s%s %u", n ? ", " : "",
				      field[i].name, sum);
	}
	if (r.bad_acks)
		snprintf(text + n, sizeof(text) - n, "%sbad_acks %u", n ? ", " : "", r.bad_acks);
	return text;
}

#endif
