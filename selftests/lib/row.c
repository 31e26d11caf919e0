// SPDX-License-Identifier: GPL-2.0-only
/* row.h: builds the frame of a row and the answer to it, and compares. */
#include "selftests/lib/row.h"

#define FLOW_LABEL 0xabcde /* of every IPv6 segment; no answer has one */

const unsigned char row_client_mac[6] = { 2, 0, 0, 0, 0, 1 };
const unsigned char row_server_mac[6] = { 2, 0, 0, 0, 0, 2 };

#define ROW_GREET "250 mx1.example.com\r\n "

static void row_text(struct nolist_config *c, unsigned int at, const char *text)
{
	struct nolist_reply *r = &c->smtp.reply[at];

	r->len = strlen(text);
	r->sum = htons(frame_sum(text, r->len, 0));
	memcpy(r->text, text, r->len);
}

struct nolist_config *row_conf(void)
{
	static const struct {
		const char *addr;
		enum nolist_role role;
	} all[] = {
		{ LOW4, NOLIST_LOW },	{ LOW6, NOLIST_LOW },	{ REAL4, NOLIST_REAL },
		{ REAL6, NOLIST_REAL }, { HIGH4, NOLIST_HIGH }, { HIGH6, NOLIST_HIGH },
		{ OWN4, NOLIST_OWN },	{ OWN6, NOLIST_OWN },	{ BCAST4, NOLIST_OWN },
	};
	struct nolist_config *c = prog_conf_new();
	size_t i;

	c->answers[NOLIST_LIMIT_RESET] = c->answers[NOLIST_LIMIT_SYN_ACK] = 0xffff;
	c->macs = 2;
	memset(&c->mac[0], 0x55, ETH_ALEN);
	memcpy(&c->mac[1], row_server_mac, ETH_ALEN);
	row_text(c, NOLIST_BANNER, ROW_BANNER);
	row_text(c, NOLIST_REPLY(0, NOLIST_FRESH, NOLIST_V_GREET), ROW_GREET);
	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!prog_conf_add(c, prog_addr(all[i].addr), all[i].role, i))
			tap_die("seed 0 has no place for the test's addresses");
	return c;
}

static int row_is_ip6(const struct row *r)
{
	const char *a = r->dst ? r->dst : r->src;

	return a && strchr(a, ':');
}

static unsigned int row_flags(const struct row *r)
{
	return (r->flags ? r->flags : FRAME_SYN) & 0xff;
}

static void row_link(const struct row *r, struct frame *f, const void *dst, const void *src)
{
	const char *t = r->tags ? r->tags : "";
	unsigned int tci = 0xb00a; /* priority 5, drop eligible, 10; then 11, 12 */

	frame_start(f, dst, src);
	for (; *t; t++)
		frame_vlan(f, *t == 'a' ? ETH_P_8021AD : ETH_P_8021Q, tci++);
}

static void row_ip(const struct row *r, struct frame *f, const char *src, const char *dst,
		   unsigned int tos, __u32 flow)
{
	if (!row_is_ip6(r)) {
		frame_ip4(f, src, dst);
		f->b[f->l3 + 1] = tos;
		return;
	}
	frame_ip6(f, src, dst);
	f->b[f->l3] = 0x60 | tos >> 4;
	f->b[f->l3 + 1] = (tos << 4 & 0xf0) | flow >> 16;
	frame_put16(f->b + f->l3 + 2, flow & 0xffff);
}

static const char *row_src(const struct row *r)
{
	return r->src ? r->src : row_is_ip6(r) ? CLIENT6 : CLIENT4;
}

const char *row_dst(const struct row *r)
{
	return r->dst ? r->dst : row_is_ip6(r) ? LOW6 : LOW4;
}

void row_data(struct frame *f, size_t n)
{
	size_t i;

	frame_data(f, NULL, n);
	for (i = 1; i <= n; i++)
		f->b[f->len - i] = 0x80 | i;
}

static unsigned int row_sport(const struct row *r)
{
	return r->sport ? r->sport : 1024;
}

static unsigned int row_dport(const struct row *r)
{
	return r->dport ? r->dport : 25;
}

static __u32 row_seq(const struct row *r)
{
	return r->seq ? r->seq : 0x01020304;
}

static __u64 row_hash(const struct row *r)
{
	struct nolist_addr src = prog_addr(row_src(r)), dst = prog_addr(row_dst(r));

	return siphash_dialogue(&prog_key, &src, &dst, row_sport(r), row_dport(r), prog_clock(),
				r->tsval != 0);
}

static __u32 row_ack(const struct row *r)
{
	return r->acks ? (__u32)row_hash(r) + r->acks : r->ack;
}

void row_build(const struct row *r, struct frame *f)
{
	if (r->build) {
		r->build(f);
	} else {
		row_link(r, f, row_server_mac, row_client_mac);
		row_ip(r, f, row_src(r), row_dst(r), r->tos, FLOW_LABEL);
		if (r->layer)
			r->layer(f);
		frame_tcp(f, row_sport(r), row_dport(r), row_seq(r), row_ack(r), row_flags(r));
		if (r->opt_len)
			frame_tcp_options(f, r->opt, r->opt_len);
		if (r->say)
			frame_data(f, r->say, r->data);
		else
			row_data(f, r->data);
		frame_finish(f);
		if (r->twist)
			r->twist(f);
	}
	frame_pad(f, r->pad, 0xee);
}

/* --- what is wanted -------------------------------------------------------- */

/* RFC 9293 3.5.2. */
static void row_reset(const struct row *r, struct frame *f)
{
	unsigned int flags = row_flags(r);
	__u32 seg_len = r->data + ((flags & FRAME_SYN) != 0) + ((flags & FRAME_FIN) != 0);

	if (flags & FRAME_ACK)
		frame_tcp(f, row_dport(r), row_sport(r), row_ack(r), 0, FRAME_RST);
	else
		frame_tcp(f, row_dport(r), row_sport(r), 0, row_seq(r) + seg_len,
			  FRAME_RST | FRAME_ACK);
	frame_tcph(f)->window = 0;
}

#define ROW_WINDOW 2048
#define ROW_SYN_MAX 24 /* bytes of options of a SYN,ACK */
#define ROW_MSS "\2\4\4\xc4" /* 1220 */

/* A high fake's ISN is half a keyed hash; the other half begins its timestamps. */
static void row_syn_ack(const struct row *r, struct frame *f)
{
	__u64 hash = row_hash(r);
	__u32 rcv_nxt = row_seq(r) + 1;
	unsigned char opt[ROW_SYN_MAX] = ROW_MSS "\1\1\1\1\1\1\1\1", ts[12] = "\1\1\x8\xa";
	__u32 stamp[2] = { htonl((hash >> 32) + (rcv_nxt << 7)), htonl(r->tsval) };
	unsigned int begin = 0, size = r->tsval ? 16 : 4, came = (r->opt_len + 3) / 4 * 4;

	/*
	 * Never longer than the SYN: where there is no room the MSS stays out; where up to eight
	 * bytes are left, NOPs fill them.
	 */
	if (came < size)
		begin = 4;
	else if (came - size <= 8)
		size = came;
	memcpy(ts + 4, stamp, 8);
	if (r->tsval)
		memcpy(opt + size - 12, ts, 12);
	frame_tcp(f, row_dport(r), row_sport(r), hash, rcv_nxt, FRAME_SYN | FRAME_ACK);
	if (size > begin)
		frame_tcp_options(f, opt + begin, size - begin);
	frame_tcph(f)->window = htons(ROW_WINDOW);
}

static void row_speech(const struct row *r, struct frame *f, const char *text)
{
	unsigned int is_fin = row_flags(r) & FRAME_FIN;
	/* What came before the banner shall come again. */
	int is_early = text && r->text == NOLIST_BANNER;

	frame_tcp(f, row_dport(r), row_sport(r), row_ack(r),
		  row_seq(r) + (is_early ? 0 : r->data + is_fin),
		  FRAME_ACK | is_fin | (text ? FRAME_PSH : 0));
	frame_tcph(f)->window = htons(ROW_WINDOW);
	if (!text)
		return;
	frame_data(f, text, strlen(text));
	/* Routers may cut it (RFC 6864 4.1). */
	if (!frame_is_ip6(f)) {
		frame_ip4h(f)->frag_off = 0;
		frame_ip4h(f)->id = htons(row_ack(r));
	}
}

void row_answer(const struct row *r, struct frame *f)
{
	static struct frame in;

	row_build(r, &in);
	row_link(r, f, row_client_mac, row_server_mac);
	row_ip(r, f, row_dst(r), row_src(r), r->tos & 0xfc, 0);
	switch (r->verdict) {
	case NOLIST_HIGH_SYN_ACK:
		row_syn_ack(r, f);
		break;
	case NOLIST_HIGH_TEXT:
		row_speech(r, f, r->text == NOLIST_BANNER ? ROW_BANNER : ROW_GREET);
		break;
	case NOLIST_HIGH_ACK:
		row_speech(r, f, NULL);
		break;
	default:
		row_reset(r, f);
	}
	frame_finish(f);
	/* Both zeros are right (RFC 1624); over IPv6 Linux writes the other one. */
	if (row_is_ip6(r) && !frame_tcph(f)->check)
		frame_tcph(f)->check = 0xffff;
	if (in.len >= 60)
		frame_pad(f, 60, 0);
}

__u64 row_verdicts;

static const char *row_code(int xdp)
{
	static const char *const names[] = { "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX" };

	return xdp >= 0 && xdp < 4 ? names[xdp] : "another code";
}

static void row_explain(const struct row *r, const struct frame *in, const struct frame *want,
			const struct prog_result *got)
{
	static int dumps;

	tap_diag("%s: wanted %s and %s, got %s and %s", r->name, prog_verdict(r->verdict),
		 row_code(prog_code(r->verdict)), prog_verdict(got->verdict), row_code(got->xdp));
	if (++dumps > 8)
		return;
	frame_dump(stdout, "in", in->b, in->len);
	if (prog_is_same(want, got))
		return;
	frame_dump(stdout, "wanted", want->b, want->len);
	frame_dump(stdout, "got", got->b, got->len);
}

int row_check_frame(struct prog *p, const struct row *r, const struct frame *in, __u32 ifindex)
{
	static struct frame answer;
	static struct prog_result got;
	const struct frame *want = in;
	int code = prog_code(r->verdict);

	if (code == XDP_TX) {
		row_answer(r, &answer);
		want = &answer;
	}
	prog_run(p, in, ifindex, &got);
	if (got.verdict >= 0)
		row_verdicts |= 1ull << got.verdict;
	if (got.verdict == (int)r->verdict && got.xdp == code &&
	    (code == XDP_DROP || prog_is_same(want, &got)))
		return 1;
	row_explain(r, in, want, &got);
	return 0;
}

int row_check(struct prog *p, const struct row *r)
{
	static struct frame f;

	row_build(r, &f);
	return row_check_frame(p, r, &f, 0);
}

int group_more(const struct group *g)
{
	return g->failed < 3;
}

void group_row(struct group *g, struct prog *p, const struct row *r)
{
	g->frames++;
	g->failed += !row_check(p, r);
}

void group_done(const struct group *g, const char *name)
{
	tap_ok(!g->failed && g->frames, "%s: %u frames", name, g->frames);
}

void group_table(struct prog *p, const char *name, const struct row *rows, size_t n)
{
	struct group g = {};
	size_t i;

	for (i = 0; i < n; i++)
		group_row(&g, p, &rows[i]);
	group_done(&g, name);
}
