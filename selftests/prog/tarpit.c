// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client with many offences that is held: at the real MX and at a high fake, over both families,
 * with and without a VLAN tag, so on both paths. What its timer sends gets one answer, anything
 * else none; the hold ends; one connection in eight at a high fake goes on as ever; and nothing
 * that a tarpit sends is answered by one, even if all numbers were right. An error here is a storm
 * between two hosts, or a sender that is held for ever.
 */
#include <stdbool.h>
#include <sys/mman.h>
#include "selftests/lib/packet_rows.h"
#include "user/config/dialogue.h"
#include "user/enforce/table.h"

#define LINES 3
#define BANNER "220 real.example ESMTP\r\n"
#define LINE "250-real.example\r\n"
#define LAST "421 4.7.1 Listed\r\n"
#define ALL (sizeof(BANNER) - 1 + LINES * (sizeof(LINE) - 1) + sizeof(LAST) - 1 + 1)

static struct prog p;

/* What is held; not in the hour of the day in which it would pass at the real MX. */
static char src4[32], src6[32], net6[32];

static void choose_sources(void)
{
	int n = 0;

	/* The next hour may begin while the test runs. */
	do {
		snprintf(src4, sizeof(src4), "203.0.113.%d", ++n);
	} while (prog_is_parole(src4, 2));
	do {
		snprintf(src6, sizeof(src6), "2001:db8:77:%d::5", ++n);
	} while (prog_is_parole(src6, 2));
	snprintf(net6, sizeof(net6), "2001:db8:77:%d::/64", n);
}

static int map_of(const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(p.object, name);

	if (fd < 0)
		tap_die(name);
	return fd;
}

static void configure(unsigned int defends, unsigned int lines)
{
	struct dialogue d = { .name = "real.example", .text = "Listed", .stage = STAGE_DATA,
			      .is_listed = true };
	struct nolist_config *c = row_conf(), *said = row_conf();
	__u32 zero = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(zero), sizeof(*c), 1, NULL);

	if (dialogue_compile(&d, &said->smtp))
		tap_die("a dialogue");
	said->smtp.tarpit_lines = lines;
	if (fd < 0 || bpf_map_update_elem(fd, &zero, said, BPF_ANY) ||
	    bpf_map_update_elem(map_of(NOLIST_MAP_SAID), &zero, &fd, BPF_ANY))
		tap_die(NOLIST_MAP_SAID);
	close(fd);
	c->defends = defends;
	prog_configure(&p, c);
	free(said);
	free(c);
}

/* The table: the two sources, held; at_real: what that is at the real MX. */
static void list(enum nolist_action at_real, enum nolist_block_mode mode, bool is_expired)
{
	const char *const srcs[] = { src4, net6 };
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	struct nolist_block_head *h;
	struct block_maker *m;
	struct block_table t;
	struct prefix prefix;
	__u32 zero = 0;
	void *in_force;
	int fd, i;

	if (block_maker_new(&m))
		tap_die("a table");
	for (i = 0; i < 2; i++)
		if (prefix_parse(srcs[i], &prefix) || block_maker_put(m, &prefix, NOLIST_ACT_TARPIT))
			tap_die(srcs[i]);
	if (block_maker_make(m, &t))
		tap_die("a table");
	h = &t.line[NOLIST_BLOCK_HEAD].head;
	h->mode = mode;
	h->until_ns = is_expired ? 1 : ~0ull;
	h->held = at_real;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(__u32), sizeof(*t.line), t.lines, &opts);
	in_force = mmap(NULL, t.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || in_force == MAP_FAILED)
		tap_die("a table in the kernel");
	memcpy(in_force, t.line, t.bytes);
	munmap(in_force, t.bytes);
	if (bpf_map_update_elem(map_of(NOLIST_MAP_BLOCK), &zero, &fd, BPF_ANY))
		tap_die(NOLIST_MAP_BLOCK);
	close(fd);
	block_table_free(&t);
	block_maker_free(m);
}

/* --- one connection ------------------------------------------------------------------ */

/* How a client asks: where, and how its frames look. */
struct client {
	const char *what;
	bool is_ip6, is_high, is_stamped;
	const char *tags;
	unsigned int sport;
	__u32 seq; /* of its SYN */
	__u32 isn; /* ours */
};

/* What came back. */
struct got {
	int verdict, xdp;
	bool is_frame;
	struct tcphdr tcp;
	unsigned int options, data;
	char text[NOLIST_TEXT_MAX + 1];
};

static void read_answer(const struct client *c, const struct prog_result *r, struct got *g)
{
	size_t l3 = 14 + 4 * strlen(c->tags), l4 = l3 + (c->is_ip6 ? 40 : 20), end;

	end = c->is_ip6 ? l4 + (r->b[l3 + 4] << 8 | r->b[l3 + 5]) : l3 + (r->b[l3 + 2] << 8 | r->b[l3 + 3]);
	memcpy(&g->tcp, r->b + l4, sizeof(g->tcp));
	g->options = g->tcp.doff * 4 - 20;
	g->data = end - l4 - g->tcp.doff * 4;
	memcpy(g->text, r->b + l4 + g->tcp.doff * 4, g->data < NOLIST_TEXT_MAX ? g->data : NOLIST_TEXT_MAX);
	/* The sum of a right segment with its pseudo-header is 0xffff. */
	if (frame_sum(r->b + l4, end - l4, frame_pseudo_sum(r->b + l3, IPPROTO_TCP, end - l4)) == 0xffff)
		g->is_frame = true;
}

static struct got send_frame(const struct client *c, unsigned int flags, __u32 seq, __u32 ack,
			     unsigned int window, const char *data, size_t n)
{
	static const unsigned char stamps[] = { 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0 };
	struct prog_result r;
	struct got g = {};
	struct frame f;
	const char *tag;

	frame_start(&f, row_server_mac, row_client_mac);
	for (tag = c->tags; *tag; tag++)
		frame_vlan(&f, ETH_P_8021Q, 7);
	if (c->is_ip6)
		frame_ip6(&f, src6, c->is_high ? HIGH6 : REAL6);
	else
		frame_ip4(&f, src4, c->is_high ? HIGH4 : REAL4);
	frame_tcp(&f, c->sport, 25, seq, ack, flags);
	if (flags == FRAME_SYN && c->is_stamped)
		frame_tcp_options(&f, LINUX_SYN, sizeof(LINUX_SYN) - 1);
	else if (flags == FRAME_SYN)
		frame_tcp_options(&f, "\2\4\5\xb4", 4);
	else if (c->is_stamped && data && n == 1)
		frame_tcp_options(&f, stamps, sizeof(stamps)); /* which nobody agreed on */
	frame_data(&f, data, n);
	frame_tcph(&f)->window = htons(window);
	frame_finish(&f);
	prog_run(&p, &f, 0, &r);
	g.verdict = r.verdict;
	g.xdp = r.xdp;
	if (r.xdp == XDP_TX)
		read_answer(c, &r, &g);
	return g;
}

/* Acknowledges so many bytes of ours; below: how much its number is too low. */
static struct got ack_of(const struct client *c, unsigned int total, unsigned int below,
			 const char *data)
{
	return send_frame(c, FRAME_ACK, c->seq + 1 - below, c->isn + 1 + total, 64240, data,
			  strlen(data));
}

/* Opens a connection that is held: of a high fake's some are not. */
static bool open_held(struct client *c)
{
	struct got g;
	int tries;

	for (tries = 0; tries < 100; tries++, c->sport++) {
		g = send_frame(c, FRAME_SYN, c->seq, 0, 64240, "", 0);
		if (g.verdict != NOLIST_HIGH_SYN_ACK)
			break;
	}
	c->isn = ntohl(g.tcp.seq);
	return g.verdict == NOLIST_TARPIT_SYN_ACK && g.is_frame && g.tcp.syn && g.tcp.ack &&
	       ntohl(g.tcp.ack_seq) == c->seq + 1 && ntohs(g.tcp.window) == 5 && g.options == 4 && !g.data;
}

static bool says(const struct client *c, const struct got *g, int verdict, const char *text,
		 unsigned int total)
{
	if (g->verdict == verdict && g->is_frame && !strcmp(g->text, text) && !g->tcp.window &&
	    ntohl(g->tcp.ack_seq) == c->seq + 1 && ntohl(g->tcp.seq) == c->isn + 1 + total &&
	    g->options == 12 && g->tcp.fin == (verdict == NOLIST_TARPIT_END))
		return true;
	tap_diag("%s: after %u bytes: %s, '%s'", c->what, total, prog_verdict(g->verdict), g->text);
	return false;
}

static bool is_silent(const struct client *c, unsigned int total, unsigned int below, const char *data)
{
	struct got g = ack_of(c, total, below, data);

	if (g.verdict == NOLIST_TARPIT_SILENT && g.xdp == XDP_DROP)
		return true;
	tap_diag("%s: %u bytes, %u below, '%s': %s", c->what, total, below, data, prog_verdict(g.verdict));
	return false;
}

/* All of it, each probe twice, as if the first answer was lost. */
static bool is_held_to_the_end(struct client *c)
{
	unsigned int total = sizeof(BANNER) - 1, line, wrong = 0;
	struct got g = ack_of(c, 0, 0, "");

	wrong += !says(c, &g, NOLIST_TARPIT_BANNER, BANNER, 0);
	for (line = 0; line < LINES; line++, total += sizeof(LINE) - 1) {
		wrong += !is_silent(c, total, 0, "") + !is_silent(c, total, 0, "EHLO x\r\n") +
			 !is_silent(c, total - 2, 1, "");
		g = ack_of(c, total, 1, "");
		wrong += !says(c, &g, NOLIST_TARPIT_LINE, LINE, total);
		g = ack_of(c, total, 0, "E");
		wrong += !says(c, &g, NOLIST_TARPIT_LINE, LINE, total);
	}
	g = ack_of(c, total, 1, "");
	wrong += !says(c, &g, NOLIST_TARPIT_END, LAST, total);
	wrong += !is_silent(c, ALL, 0, "");
	g = ack_of(c, ALL, 1, "");
	wrong += g.verdict != NOLIST_TARPIT_RST || !g.tcp.rst || !g.is_frame;
	g = ack_of(c, ALL, 0, "E");
	wrong += g.verdict != NOLIST_TARPIT_RST;
	return !wrong;
}

static void held(void)
{
	unsigned int how;

	for (how = 0; how < 16; how++) {
		struct client c = { .what = "a connection", .is_ip6 = how & 1, .is_high = how & 2,
				    .is_stamped = how & 4, .tags = how & 8 ? "q" : "", .sport = 2000,
				    .seq = how & 4 ? 0xfffffff0 : 5000 };
		bool is_open = open_held(&c);
		struct got g;

		tap_ok(is_open && is_held_to_the_end(&c),
		       "IPv%d, %s, timestamps %d, tag %d: one answer to each probe, then 421 and the end",
		       c.is_ip6 ? 6 : 4, c.is_high ? "high fake" : "real MX", c.is_stamped, how >> 3);
		g = send_frame(&c, FRAME_FIN | FRAME_ACK, c.seq + 1, c.isn + 1 + sizeof(BANNER) - 1, 64240,
			       "", 0);
		tap_ok(g.verdict == NOLIST_TARPIT_RST && g.tcp.rst, "who leaves before is let go");
		c.sport++;
		g = ack_of(&c, sizeof(BANNER) - 1, 1, "");
		tap_ok(g.verdict == (c.is_high ? NOLIST_HIGH_RST : NOLIST_PASS_REAL),
		       "the numbers of another connection are %s", c.is_high ? "reset" : "the kernel's");
	}
}

/* --- where ---------------------------------------------------------------------------- */

static int syn_at(bool is_high, unsigned int sport)
{
	struct client c = { .is_high = is_high, .tags = "", .sport = sport, .seq = 77 };

	return send_frame(&c, FRAME_SYN, c.seq, 0, 64240, "", 0).verdict;
}

static void spared(void)
{
	struct client c = { .is_high = true, .tags = "", .seq = 77 };
	unsigned int n = 0, wrong = 0, i;
	struct got g;

	for (i = 0; i < 4000; i++) {
		c.sport = 3000 + i;
		g = send_frame(&c, FRAME_SYN, c.seq, 0, 64240, "", 0);
		if (g.verdict != NOLIST_HIGH_SYN_ACK)
			continue;
		n++;
		c.isn = ntohl(g.tcp.seq);
		wrong += ack_of(&c, 0, 0, "").verdict != NOLIST_HIGH_TEXT;
	}
	tap_ok(n > 4000 / 10 && n < 4000 / 6 && !wrong,
	       "at a high fake %u of 4000 connections are not held, and go on as ever", n);
	for (n = i = 0; i < 400; i++)
		n += syn_at(false, 3000 + i) == NOLIST_TARPIT_SYN_ACK;
	tap_ok(n == 400, "at the real MX all are (%u of 400)", n);
}

static void is_at(const char *what, int real, int high)
{
	unsigned int i, seen = 0;
	int at_high = -1;

	/* Of ten in a row one is held with all but certainty. */
	for (i = 0; i < 10 && at_high != high; i++)
		at_high = syn_at(true, 4000 + i);
	for (i = 0; i < 10 && high == NOLIST_HIGH_SYN_ACK; i++)
		seen += syn_at(true, 4000 + i) != high;
	tap_ok(syn_at(false, 4000) == real && at_high == high && !seen, "%s: %s and %s", what,
	       prog_verdict(syn_at(false, 4000)), prog_verdict(at_high));
}

static void where(void)
{
	list(NOLIST_ACT_TEMPFAIL, NOLIST_BLOCK_ENFORCED, false);
	is_at("tarpit = high, enforce = tempfail", NOLIST_REAL_SYN_ACK, NOLIST_TARPIT_SYN_ACK);
	list(NOLIST_ACT_TARPIT, NOLIST_BLOCK_NOTED, false);
	is_at("enforce = note", NOLIST_PASS_LISTED, NOLIST_HIGH_SYN_ACK);
	list(NOLIST_ACT_TARPIT, NOLIST_BLOCK_BRAKED, false);
	is_at("braked", NOLIST_PASS_LISTED, NOLIST_HIGH_SYN_ACK);
	list(NOLIST_ACT_TARPIT, NOLIST_BLOCK_ENFORCED, true);
	is_at("expired", NOLIST_PASS_LISTED, NOLIST_HIGH_SYN_ACK);
	list(NOLIST_ACT_TARPIT, NOLIST_BLOCK_ENFORCED, false);
	configure(NOLIST_DEFEND_BLOCK, LINES);
	is_at("tarpit = real", NOLIST_TARPIT_SYN_ACK, NOLIST_HIGH_SYN_ACK);
	configure(0, LINES);
	is_at("enforce = off", NOLIST_PASS_REAL, NOLIST_HIGH_SYN_ACK);
	configure(NOLIST_DEFEND_BLOCK | NOLIST_DEFEND_HIGH, 0);
}

/* Nothing after SYN,ACK. */
static void without_lines(void)
{
	struct client c = { .what = "no lines", .tags = "", .sport = 5000, .seq = 5 };
	bool is_open = open_held(&c);

	tap_ok(is_open && is_silent(&c, 0, 0, "") && is_silent(&c, 0, 1, "") && is_silent(&c, 0, 0, "EHLO"),
	       "without lines it is silent from SYN,ACK on");
	configure(NOLIST_DEFEND_BLOCK | NOLIST_DEFEND_HIGH, LINES);
}

/* --- two tarpits ------------------------------------------------------------------------ */

/* The segments that a tarpit sends, as far as one that gets them could tell them apart. */
static const struct shape {
	const char *what;
	unsigned int flags, window;
	const char *text;
} shapes[] = {
	{ "SYN,ACK", FRAME_SYN | FRAME_ACK, 5, "" },
	{ "greeting", FRAME_PSH | FRAME_ACK, 0, BANNER },
	{ "line", FRAME_PSH | FRAME_ACK, 0, LINE },
	{ "last line", FRAME_FIN | FRAME_PSH | FRAME_ACK, 0, LAST },
	{ "reset", FRAME_RST, 0, "" },
	{ "reset with ACK", FRAME_RST | FRAME_ACK, 0, "" },
};

/* Whatever it acknowledges, and wherever its number is: how many get more than a reset. */
static unsigned int answered(const struct client *c, const struct shape *s, unsigned int *resets)
{
	unsigned int total, below, n = 0;
	struct got g;

	for (total = 0; total <= ALL + 1; total++)
		for (below = 0; below < 2; below++) {
			g = send_frame(c, s->flags, c->seq + 1 - below, c->isn + 1 + total, s->window, s->text,
				       strlen(s->text));
			*resets += g.xdp == XDP_TX && g.tcp.rst;
			n += g.xdp == XDP_TX && !g.tcp.rst;
		}
	return n;
}

static void two(void)
{
	unsigned int i, how, n, resets;

	for (how = 0; how < 2; how++) {
		struct client c = { .what = "two", .is_high = how, .tags = "", .sport = 6000, .seq = 9 };
		bool is_open = open_held(&c);

		for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
			resets = 0;
			n = answered(&c, &shapes[i], &resets);
			tap_ok(is_open && !n && (!(shapes[i].flags & FRAME_RST) || !resets),
			       "%s: a tarpit's %s, all numbers right: %u answers but resets (%u)",
			       how ? "high fake" : "real MX", shapes[i].what, n, resets);
		}
	}
}

/* --- evidence ------------------------------------------------------------------------------ */

static void evidence(void)
{
	struct nolist_addr addr = prog_addr(src4);
	struct nolist_source src = addr_source(&addr);
	struct nolist_verified r;
	struct nolist_contacts k = {};

	bpf_map_delete_elem(p.contacts, &src);
	bpf_map_delete_elem(p.verified, &src);
	for (int how = 0; how < 2; how++) {
		struct client c = { .what = "evidence", .is_high = how, .tags = "", .sport = 7000, .seq = 9 };
		unsigned int total = sizeof(BANNER) - 1;

		if (!open_held(&c))
			tap_die("not held");
		ack_of(&c, 0, 0, "");
		ack_of(&c, total, 1, "");
		ack_of(&c, total + LINES * (sizeof(LINE) - 1), 1, "");
	}
	bpf_map_lookup_elem(p.contacts, &src, &k);
	tap_ok(k.real.opens && k.high.opens && bpf_map_lookup_elem(p.verified, &src, &r),
	       "its SYNs are contacts of their roles, and what it meets is no offence");
}

int main(void)
{
	tap_need_root();
	choose_sources();
	prog_load(&p, NULL);
	configure(NOLIST_DEFEND_BLOCK | NOLIST_DEFEND_HIGH, LINES);
	list(NOLIST_ACT_TARPIT, NOLIST_BLOCK_ENFORCED, false);
	held();
	spared();
	two();
	evidence();
	where();
	without_lines();
	bpf_object__close(p.object);
	return tap_done();
}
